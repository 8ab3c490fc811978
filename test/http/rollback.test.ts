/** Rolling back over HTTP what was promoted on the command line. */
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ProgramEntry } from "../../src/contract/catalog.ts";
import { RollbackAnswer } from "../../src/contract/rollback.ts";
import { replayAll } from "../../src/cli/replay.ts";
import { composeReplay } from "../../src/compose/offline.ts";
import { readConfig } from "../../src/ops/config.ts";
import { expectProblem } from "../support/refusal.ts";
import { digest, RolloutWorld, version } from "../support/rollouts.ts";
import { startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER } from "../support/tiny-program.ts";

let world: RolloutWorld;
let service: TestService;
beforeEach(async () => {
  world = await RolloutWorld.create();
  service = await startTestService({ environment: world.environment });
  await service.putFeatures(TINY_USER, "u1");
});
afterEach(async () => {
  await service.stop();
  await world.remove();
});

const promote = async (number: number) => {
  const report = await world.report(version(number));
  const ending = await world.promote(version(number), report, "--service", service.url);
  expect(ending.stderr).toBe("");
  expect(ending.stdout).toContain(`live on ${service.url}`);
};
const rollBack = (of = service) =>
  of.call("POST", `/v1/programs/${TINY_PROGRAM}/rollback`, { body: { reason: "costs doubled since noon" } });
const liveOn = async (of = service) =>
  ProgramEntry.parse((await of.call("GET", `/v1/programs/${TINY_PROGRAM}`)).json).version;

describe("POST /v1/programs/{id}/rollback", () => {
  it("makes live what was live before the last promotion, at once, and tells the audit log who and why", async () => {
    await promote(2);
    expect(await liveOn()).toBe(2);
    const answer = await rollBack();
    expect(RollbackAnswer.parse(answer.json)).toEqual({
      program: TINY_PROGRAM,
      from: { version: 2, digest: digest(version(2)) },
      to: { version: 1, digest: digest(version(1)) },
    });
    expect(await liveOn()).toBe(1);
    expect(await world.live()).toBe(version(1));
    expect((await world.audit()).at(-1)).toMatchObject({
      act: "roll_back",
      by: "local",
      reason: "costs doubled since noon",
    });
    expectProblem((await rollBack()).text, "nothing_to_roll_back");
  });

  it("works on a replica that shares the programs, and after it started anew", async () => {
    await promote(2);
    const data = { DATA_DIR: join(world.root, "data-2") };
    await using other = await startTestService({ environment: { ...world.environment, ...data } });
    expect((await rollBack(other)).status).toBe(200);
    expect(await liveOn(other)).toBe(1);
    expect((await service.call("POST", "/v1/reload")).status).toBe(200);
    expect(await liveOn()).toBe(1);
  });

  it("changes nothing where the program has another form than can be loaded, and says why", async () => {
    await promote(2);
    await world.models.drop("tiny/1");
    await service.call("POST", "/v1/reload");
    expectProblem((await rollBack()).text, "reload_refused");
    expect(await world.live()).toBe(version(2));
    expect((await world.audit()).length).toBe(1);
  });

  it("loses no call under load, and every decision can be replayed under the program that made it", async () => {
    await promote(2);
    const load = { going: true };
    const statuses: number[] = [];
    const caller = async () => {
      while (load.going) {
        const body = { programId: TINY_PROGRAM, userId: "u1", features: { newbie: false } };
        statuses.push((await service.decide(body)).status);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    expect((await rollBack()).status).toBe(200);
    await promote(3);
    expect((await rollBack()).status).toBe(200);
    load.going = false;
    await Promise.all(callers);
    expect(new Set(statuses)).toEqual(new Set([200]));
    await service.shutDown();
    const replayed = await replayAll(
      composeReplay(readConfig({ ...world.environment, DATA_DIR: service.dataDir })),
      await service.segments(),
    );
    expect(replayed).toMatchObject({ identical: statuses.length, different: 0 });
    expect(new Set((await service.records()).map(({ program }) => program.version))).toEqual(new Set([1, 2, 3]));
  }, 30_000);

  it.each([
    ["an unknown program", "nowhere", { reason: "x" }, "unknown_program"],
    ["no reason", TINY_PROGRAM, {}, "invalid_request"],
  ] as const)("refuses %s", async (_, id, body, code) => {
    expectProblem((await service.call("POST", `/v1/programs/${id}/rollback`, { body })).text, code);
  });
});
