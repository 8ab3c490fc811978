/** The feature store dies or freezes under load: declared fallbacks, no 5xx, and back to normal by itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RedisServer, startRedisServer } from "../support/redis-server.ts";
import { CUSTOMER, startTestService, type TestService } from "../support/service.ts";
import { type CallOutcome, SteadyCallers } from "../support/steady-callers.ts";

const CALLERS = 32;
const CALLS_PER_PHASE = 600;
const SLOWEST_MS = 1_000;
const RECOVERY_MS = 2_000;
const userIds = Array.from({ length: 100 }, (_, i) => `user-${i}`);

let redis: RedisServer;
let service: TestService;
beforeAll(async () => {
  redis = await startRedisServer(["--appendonly", "yes"]);
  service = await startTestService({ environment: { REDIS_URL: redis.url } });
  // A write that misses its deadline on a busy machine is refused; writing again is harmless.
  while ((await service.putFeatures(CUSTOMER, ...userIds)).status !== 200);
});
afterAll(async () => {
  await service.stop();
  await redis.stop();
});

const isNormal = ({ status }: CallOutcome) => status === "normal";
const isFallback = ({ status }: CallOutcome) => status === "safe_default";

describe("when Redis", () => {
  it.each<[string, () => Promise<void>, () => Promise<void>]>([
    ["is killed and started again", () => redis.kill(), () => redis.restart()],
    ["freezes and thaws", async () => redis.freeze(), async () => redis.thaw()],
  ])("%s under load, every call is answered in time and none fails", async (_, strike, repair) => {
    const callers = new SteadyCallers(service.url, { count: CALLERS, userIds });
    await callers.until(CALLS_PER_PHASE, isNormal);

    const struckMs = performance.now();
    await strike();
    await callers.until(CALLS_PER_PHASE, isFallback);
    await repair();
    const repairedMs = performance.now();
    await callers.until(CALLS_PER_PHASE, (outcome) => isNormal(outcome) && outcome.startedMs > repairedMs);
    await callers.stop();

    const { outcomes } = callers;
    expect(outcomes.filter(({ httpStatus }) => httpStatus !== 200)).toEqual([]);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["normal", "safe_default"]));
    const inOutage = outcomes.filter(({ endedMs }) => endedMs > struckMs);
    expect(Math.max(...inOutage.map(({ startedMs, endedMs }) => endedMs - startedMs))).toBeLessThan(SLOWEST_MS);
    const back = outcomes.find((outcome) => isNormal(outcome) && outcome.startedMs > repairedMs);
    expect((back?.endedMs ?? Infinity) - repairedMs).toBeLessThan(RECOVERY_MS);
  });

  it("was away, everything decided meanwhile is in the log with propensity 1 and without an offer", async () => {
    const fallbacks = (await service.records()).filter(({ status }) => status === "safe_default");
    expect(fallbacks.length).toBeGreaterThanOrEqual(2 * CALLS_PER_PHASE);
    expect(
      fallbacks.every(
        ({ action, propensity, withheld }) => action === "no_offer" && propensity === 1 && withheld === "unavailable",
      ),
    ).toBe(true);
  });
});
