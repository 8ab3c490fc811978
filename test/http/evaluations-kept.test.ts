/** What is kept of evaluations over restarts and kills, for how long, and when it cannot be. */
import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getuid } from "node:process";
import { expect, it } from "vitest";
import { EvaluationEntry, EvaluationList } from "../../src/contract/evaluations.ts";
import { EVALUATIONS_KEPT_MAX } from "../../src/contract/limits.ts";
import { ask, askFor, ended, processesOf } from "../support/evaluation-jobs.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { expectProblem } from "../support/refusal.ts";
import { Replica } from "../support/replica.ts";
import { PROGRAM, SHIPPED_PROGRAMS, startTestService } from "../support/service.ts";
import { decideForVisitors, exploringProgram } from "../support/visitors.ts";

const candidate = await readFile(join(SHIPPED_PROGRAMS, `${PROGRAM}.yaml`), "utf8");
/** One that ends soon: there is nothing to judge the candidate on. */
const SHORT = { candidate, until: "2020-01-01T00:00:00Z" };

/** More than a candidate and what is asked, less than a report. */
const ROOM_BYTES = 48 * 1024;

const idOf = (i: number) => `019aa8e1-7d2c-7b0e-9d5c-${String(i).padStart(12, "0")}`;
const listed = (json: unknown) => EvaluationList.parse(json).evaluations.map(({ evaluationId }) => evaluationId);

async function keep(folder: string, i: number): Promise<void> {
  const entry: EvaluationEntry = {
    evaluationId: idOf(i),
    programId: PROGRAM,
    candidate: { id: PROGRAM, version: 1, digest: `sha256:${"0".repeat(64)}` },
    askedBy: "ana",
    status: "done",
    progress: 1,
    askedAt: "2026-11-01T00:00:00Z",
    startedAt: "2026-11-01T00:00:00Z",
    endedAt: "2026-11-01T00:00:01Z",
    verdict: "ship",
    failure: null,
  };
  await mkdir(join(folder, idOf(i)), { recursive: true });
  await writeFile(join(folder, idOf(i), "evaluation.json"), JSON.stringify(entry));
}

it("keeps so many, and when one more has ended deletes the oldest; what is damaged it leaves alone", async () => {
  const root = await temporaryFolder();
  const folder = join(root, "evaluations");
  for (let i = 0; i < EVALUATIONS_KEPT_MAX; i++) await keep(folder, i);
  await mkdir(join(folder, "damaged"));
  await writeFile(join(folder, "damaged", "evaluation.json"), "{");
  await using service = await startTestService({ environment: { DATA_DIR: root } });
  const before = listed((await service.call("GET", "/v1/evaluations")).json);
  expect(before).toEqual(Array.from({ length: EVALUATIONS_KEPT_MAX }, (_, i) => idOf(EVALUATIONS_KEPT_MAX - 1 - i)));

  const evaluationId = await ask(service, SHORT);
  await ended(service, evaluationId);
  await expect
    .poll(async () => listed((await service.call("GET", "/v1/evaluations")).json))
    .toEqual([evaluationId, ...before.slice(0, -1)]);
  await expect
    .poll(async () => (await readdir(folder)).toSorted())
    .toEqual([evaluationId, "damaged", ...before.slice(0, -1)].toSorted());
}, 300_000);

it("tells after a kill -9 that what ran and what waited is lost, and leaves no process and nothing unfinished", async () => {
  const root = await temporaryFolder();
  const replica = new Replica(root, { MODELS_DIR: "models", PROGRAMS_DIR: SHIPPED_PROGRAMS });
  const send = async (method: string, address: string, body?: object): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    const sent = body === undefined ? { method } : { method, headers, body: JSON.stringify(body) };
    const response = await fetch(`${await replica.url}${address}`, sent);
    return await response.json();
  };
  try {
    for (let i = 0; i < 2; i++) await send("POST", "/v1/evaluations", { programId: PROGRAM, ...SHORT });
    await expect.poll(() => processesOf(root)).toHaveLength(1);
    await replica.kill();
    await expect.poll(() => processesOf(root), { timeout: 60_000 }).toEqual([]);
    const { evaluations } = EvaluationList.parse(await send("GET", "/v1/evaluations"));
    expect(evaluations.map(({ status, failure }) => [status, failure?.code])).toEqual([
      ["failed", "evaluation_interrupted"],
      ["failed", "evaluation_interrupted"],
    ]);
    for (const { evaluationId } of evaluations) {
      const files = await readdir(join(root, "evaluations", evaluationId));
      expect(files).toEqual(["candidate.yaml", "evaluation.json"]);
    }
  } finally {
    await replica.drop();
  }
}, 300_000);

it("decides without a place for evaluations, and refuses them", async () => {
  const root = await temporaryFolder();
  await writeFile(join(root, "evaluations"), "in the way");
  await using service = await startTestService({ environment: { DATA_DIR: root } });
  expect((await service.decide({ programId: PROGRAM, userId: "u" })).status).toBe(200);
  expect(listed((await service.call("GET", "/v1/evaluations")).json)).toEqual([]);
  expectProblem((await askFor(service, SHORT)).text, "evaluation_store_unavailable");
});

// Mounting needs root.
it.skipIf(getuid?.() !== 0)(
  "refuses, and fails, for want of room on a disk that is full, and goes on when there is some",
  async () => {
    const root = await temporaryFolder();
    const folder = join(root, "evaluations");
    const ballast = join(folder, "ballast");
    const program = await exploringProgram();
    await mkdir(folder);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder]);
    try {
      await using service = await startTestService({
        programs: { [PROGRAM]: program },
        environment: { DATA_DIR: root },
      });
      await decideForVisitors(service, 300);
      const request = { candidate: program, lambda: 0, spend: "any" };
      await writeFile(ballast, Buffer.alloc(2 ** 21)).catch(() => undefined);
      expectProblem((await askFor(service, request)).text, "evaluation_store_unavailable");
      expect((await service.decide({ programId: PROGRAM, userId: "u1" })).status).toBe(200);

      // Room for the candidate, and not for the report.
      await truncate(ballast, 2 ** 20 - ROOM_BYTES);
      const { status, failure } = await ended(service, await ask(service, request));
      expect({ status, failure }).toMatchObject({
        status: "failed",
        failure: { code: "evaluation_store_unavailable" },
      });

      await rm(ballast);
      expect(await ended(service, await ask(service, request))).toMatchObject({ status: "done", failure: null });
    } finally {
      execFileSync("umount", [folder]);
    }
  },
  300_000,
);
