/** The decision log's disk fails under the real service: what callers, the budget and the log have of it. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { MICROS_PER_UNIT } from "../../src/core/domain/money.ts";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { CommandLine } from "../support/command-line.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { expectProblem } from "../support/refusal.ts";
import { PROGRAM, startTestService, type TestService } from "../support/service.ts";
import { TINY_PROGRAM, TINY_USER, TINY_YAML, tinyModels } from "../support/tiny-program.ts";

const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;
/** Offers of half a euro, drawn evenly, from a budget that does not run out. */
const FUNDED = TINY_YAML.replaceAll("fixedCost: 0,", "fixedCost: 0.1, maxCost: 0.5,")
  .replace("strategy: greedy", "strategy: epsilon, epsilon: 1")
  .concat("budget: { amount: 100000, period: { every: year, timezone: UTC }, reserve: max, epoch: 1s }\n");
/** Far more than it takes: a loop that waits for something ends. */
const CALLS_MAX = 5_000;

// Mounting needs root. Everybody else sees a full disk in the limit of a file's size below.
describe.skipIf(getuid?.() !== 0)("on a small file system", () => {
  let dataDir = "";
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "liftgate-disk-"));
    mkdirSync(join(dataDir, "decisions"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m", "tmpfs", join(dataDir, "decisions")]);
  });
  afterEach(() => {
    execFileSync("umount", [join(dataDir, "decisions")]);
    rmSync(dataDir, { recursive: true });
  });

  it("refuses while it is full, returns every reservation it refused, and goes on when there is space", async () => {
    const models = await tinyModels();
    await using service = await startTestService({
      programs: { [TINY_PROGRAM]: FUNDED },
      environment: { MODELS_DIR: models.path, DATA_DIR: dataDir },
    });
    await service.putFeatures(TINY_USER, "u");
    await untilOffered(service);
    const ballast = join(dataDir, "decisions", "ballast");
    fill(ballast);

    const refused = await untilRefused(service);
    expect(expectProblem(refused, "log_unavailable").fallback).toEqual({ action: "no_offer" });
    for (let i = 0; i < 50; i++) await decide(service);
    await expectOnlyLoggedMoneyHeld(service);

    rmSync(ballast);
    const statuses = [];
    for (let i = 0; i < 20; i++) statuses.push((await decide(service)).status);
    expect(statuses).toEqual(Array(20).fill(200));
    await expectOnlyLoggedMoneyHeld(service);
    await models.remove();
  });
});

describe("under a limit of the size of files", () => {
  it("refuses the decision that does not fit, keeps nothing of it, and goes on in another segment", async () => {
    const environment = { PORT: "0", DATA_DIR: await temporaryFolder() };
    // 128 blocks of 512 bytes: some 40 records.
    const limited = ["sh", "-c", 'ulimit -f 128 && exec "$@"', "sh"];
    const service = new CommandLine(["serve"], environment, limited);
    const [, url = ""] = await service.printed(LISTENING);
    const answered: string[] = [];
    const refusals: string[] = [];
    for (let i = 0; i < 200; i++) {
      const response = await fetch(`${url}/v1/decide`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ programId: PROGRAM, userId: `user-${i}`, requestId: `request-${i}` }),
      });
      if (response.status === 200) answered.push(`request-${i}`);
      else refusals.push(await response.text());
    }
    service.signal("SIGTERM");
    expect((await service.ended()).code).toBe(0);
    expect(refusals.length).toBeGreaterThan(1);
    for (const refusal of refusals) expectProblem(refusal, "log_unavailable");
    expect(await requestsLoggedIn(join(environment.DATA_DIR, "decisions"))).toEqual(answered);
  });
});

/** Takes all space that is left. */
function fill(path: string): void {
  const file = openSync(path, "w");
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (cause) {
    expect(cause).toMatchObject({ code: "ENOSPC" });
  } finally {
    closeSync(file);
  }
}

function decide(service: TestService) {
  return service.decide({ programId: TINY_PROGRAM, userId: "u", features: { newbie: false } });
}

/** Until the budget pays: before, nothing would be held. */
async function untilOffered(service: TestService): Promise<void> {
  for (let calls = 0; calls < CALLS_MAX; calls++) {
    await decide(service);
    if ((await budgetOf(service)).pending > 0) return;
  }
  throw new Error("nothing was offered");
}

async function untilRefused(service: TestService): Promise<string> {
  for (let calls = 0; calls < CALLS_MAX; calls++) {
    const { status, text } = await decide(service);
    if (status === 503) return text;
  }
  throw new Error("the disk did not fill");
}

/** As soon as the ledger was told: what is pending is what the log holds, to the micro. */
async function expectOnlyLoggedMoneyHeld(service: TestService): Promise<void> {
  const held = (await service.records()).reduce((sum, { reservation }) => sum + (reservation?.amountMicros ?? 0), 0);
  const pending = async () => Math.round((await budgetOf(service)).pending * MICROS_PER_UNIT);
  await expect.poll(pending, { timeout: 20_000 }).toBe(held);
}

async function budgetOf(service: TestService): Promise<BudgetAnswer> {
  return BudgetAnswer.parse((await service.call("GET", `/v1/budgets/${TINY_PROGRAM}`)).json);
}

async function requestsLoggedIn(directory: string): Promise<readonly string[]> {
  const paths = (await listSegments(directory, "decisions")).map(({ path }) => path);
  const requestIds: string[] = [];
  for await (const entry of readSegments(paths)) {
    if (entry.kind === "record") requestIds.push(String(Reflect.get(entry.record, "requestId")));
  }
  return requestIds;
}
