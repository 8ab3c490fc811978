/** Evaluations as jobs of the real service: real logs, real processes. */
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import { EvaluationList } from "../../src/contract/evaluations.ts";
import { EVALUATIONS_WAITING_MAX } from "../../src/contract/limits.ts";
import { run } from "../support/command-line.ts";
import { ask, askFor, ended, prioritiesOf, processesOf, standing } from "../support/evaluation-jobs.ts";
import { expectProblem, SECRET } from "../support/refusal.ts";
import { PROGRAM, startTestService, type TestService } from "../support/service.ts";
import { decideForVisitors, exploringProgram } from "../support/visitors.ts";

const USERS = 900;
/** At the lowest priority, beside other tests, seconds become minutes. */
const BUSY_MS = 300_000;

let service: TestService;
let logged: string;
let candidate: string;
beforeAll(async () => {
  logged = await exploringProgram();
  candidate = logged.replace("version: 1", "version: 2");
  service = await startTestService({ programs: { [PROGRAM]: logged } });
  await decideForVisitors(service, USERS);
}, 60_000);
afterAll(() => service.stop());

/** report.json of the command on the same log. */
async function byCommand(yaml: string, ...more: readonly string[]): Promise<EvaluationReport> {
  const path = join(service.dataDir, "by-command.yaml");
  const out = join(service.dataDir, "by-command");
  await writeFile(path, yaml);
  const { stderr } = await run(["evaluate", "--candidate", path, "--out", out, ...more], {
    DATA_DIR: service.dataDir,
    MODELS_DIR: "models",
  });
  expect(stderr).toBe("");
  return EvaluationReport.parse(JSON.parse(await readFile(join(out, "report.json"), "utf8")));
}

describe("an evaluation that is asked for over HTTP", { timeout: BUSY_MS }, () => {
  it("reports what the command reports on the same log, as JSON and as a page", async () => {
    const value = candidate.replace("maximize: profit", "maximize: value");
    const asked = await askFor(service, { candidate: value });
    expect(asked.status).toBe(202);
    expect(asked.json).toMatchObject({ status: "running", progress: 0, programId: PROGRAM, askedBy: "local" });
    const address = asked.headers.get("location") ?? "";
    const evaluationId = address.slice("/v1/evaluations/".length);
    const { report, ...entry } = await ended(service, evaluationId);
    const expected = await byCommand(value);
    expect({ ...report, createdAt: expected.createdAt }).toEqual(expected);
    expect(entry).toMatchObject({ status: "done", progress: 1, verdict: expected.verdict.decision, failure: null });
    expect(entry.candidate).toEqual(expected.candidate.program);

    const page = await service.call("GET", `${address}/report.html`);
    expect(page.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(page.headers.get("content-security-policy")).toMatch(/^default-src 'none'/);
    expect(page.text).toMatch(/^<!doctype html>/i);
    expect(await readdir(join(service.dataDir, "evaluations", evaluationId))).toEqual([
      "candidate.yaml",
      "evaluation.json",
      "report.html",
      "report.json",
    ]);
  });

  it("takes the options of the command", async () => {
    const from = new Date(Date.now() - 86_400_000).toISOString();
    const until = new Date(Date.now() + 86_400_000).toISOString();
    const request = {
      from,
      until,
      window: "7d",
      exposures: "assumed",
      propensity: "in-arm",
      level: 0.9,
      floor: 0.05,
      tolerance: 0.5,
    };
    const names = { slices: ["surface"], protected: ["zip_code"] };
    const { report } = await ended(
      service,
      await ask(service, { candidate, spend: "equal", minSlice: 50, ...request, ...names }),
    );
    const given = Object.entries(request).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const more = ["--spend", "equal", "--min-slice", "50", "--slice", "surface", "--protected", "zip_code", ...given];
    const expected = await byCommand(candidate, ...more);
    expect({ ...report, createdAt: expected.createdAt }).toEqual(expected);
    expect(expected.log).toMatchObject({ propensity: "in-arm" });
  });

  it("compares with the incumbent that is given, as the command does", async () => {
    const incumbent = logged.replace("version: 1", "version: 3").replace("maximize: profit", "maximize: value");
    const evaluationId = await ask(service, { candidate, incumbent });
    const { report } = await ended(service, evaluationId);
    const path = join(service.dataDir, "incumbent.yaml");
    await writeFile(path, incumbent);
    const expected = await byCommand(candidate, "--incumbent", path);
    expect({ ...report, createdAt: expected.createdAt }).toEqual(expected);
    expect(expected.incumbent).toMatchObject({ program: { version: 3 } });
    const kept = join(service.dataDir, "evaluations", evaluationId, "incumbent.yaml");
    expect(await readFile(kept, "utf8")).toBe(incumbent);
  });

  it("does not compare policies that spend differently, and says why, unless it is asked to", async () => {
    const refused = await ended(service, await ask(service, { candidate, lambda: 50 }));
    expect(refused).toMatchObject({ status: "done", verdict: "cannot_tell" });
    expect(refused.report?.difference).toEqual({ refused: expect.stringMatching(/spen[dt]/) });
    expect(refused.report?.verdict.reasons.join(" ")).toMatch(/spen[dt]/);
    const asked = await ended(service, await ask(service, { candidate, lambda: 50, spend: "any" }));
    expect(asked.report?.difference).toMatchObject({ at: "as_evaluated" });
    const expected = await byCommand(candidate, "--lambda", "50", "--any-spend");
    expect({ ...asked.report, createdAt: expected.createdAt }).toEqual(expected);
  });

  it("judges a log that is being written, without holding decisions up", async () => {
    const evaluationId = await ask(service, { candidate: logged, lambda: 0, spend: "any" });
    const statuses: number[] = [];
    while ((await standing(service, evaluationId)).endedAt === null) {
      statuses.push((await service.decide({ programId: PROGRAM, userId: `late-${statuses.length}` })).status);
    }
    const { report, failure } = await standing(service, evaluationId);
    expect(failure).toBeNull();
    expect(report?.log.decisions).toBeGreaterThanOrEqual(USERS);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it("is listed with all others, the latest first, and counted", async () => {
    const { evaluations } = EvaluationList.parse((await service.call("GET", "/v1/evaluations")).json);
    const times = evaluations.map(({ askedAt }) => askedAt);
    expect(times).toEqual(times.toSorted().toReversed());
    const metrics = async () => (await service.call("GET", "/metrics")).text;
    await expect.poll(metrics).toContain(`liftgate_evaluation_seconds_count{status="done"} ${evaluations.length}`);
    await expect.poll(metrics).toContain('liftgate_evaluations{status="running"} 0');
  });
});

describe("what cannot be evaluated", { timeout: BUSY_MS }, () => {
  const NOBODY = "/v1/evaluations/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11";

  it("is refused with the reason, and without the caller's words", async () => {
    expectProblem((await askFor(service, { programId: "nowhere", candidate })).text, "unknown_program");
    const broken = await askFor(service, { candidate: candidate.replace("hillstrom-email@1", "hillstrom-email@9") });
    const { errors } = expectProblem(broken.text, "candidate_refused");
    expect(errors?.map(({ path }) => path)).toEqual(["models[0].model"]);
    expectProblem((await askFor(service, { candidate: `${SECRET}: [` })).text, "candidate_refused");
    const other = await askFor(service, { candidate, incumbent: candidate.replace("maximize:", "minimize:") });
    expect(expectProblem(other.text, "incumbent_refused").errors?.map(({ path }) => path)).toContain(
      "objective.maximize",
    );
    expectProblem((await askFor(service, { candidate, lambda: 1, spend: "equal" })).text, "invalid_request");
    expectProblem((await askFor(service, { candidate, slices: ["--out"] })).text, "invalid_request");
    expectProblem((await service.call("GET", NOBODY)).text, "unknown_evaluation");
    expectProblem((await service.call("GET", `${NOBODY}/report.html`)).text, "unknown_evaluation");
    expectProblem((await service.call("GET", "/v1/evaluations/..%2f")).text, "invalid_request");
  });

  it("fails with the reason where the log has nothing to judge it on", async () => {
    const { status, failure, report } = await ended(
      service,
      await ask(service, { candidate, until: "2020-01-01T00:00:00Z" }),
    );
    expect({ status, report }).toEqual({ status: "failed", report: null });
    expect(failure).toMatchObject({ code: "invalid_request" });
  });

  it("fails with the reason where nothing was decided yet", async () => {
    await using fresh = await startTestService({ programs: { [PROGRAM]: logged } });
    const { status, failure } = await ended(fresh, await ask(fresh, { candidate }));
    expect(status).toBe("failed");
    expect(failure).toEqual({ code: "invalid_request", detail: expect.stringContaining("nothing was decided yet") });
  });

  it("fails alone when its process is killed, which has the lowest priority", async () => {
    const evaluationId = await ask(service, { candidate });
    await expect.poll(() => processesOf(service.dataDir)).toHaveLength(1);
    expectProblem(
      (await service.call("GET", `/v1/evaluations/${evaluationId}/report.html`)).text,
      "evaluation_not_done",
    );
    const [pid = 0] = processesOf(service.dataDir);
    // Those of its threads, too, which it has of its own on Linux.
    await expect.poll(() => prioritiesOf(pid)).toEqual([constants.priority.PRIORITY_LOW]);
    process.kill(pid, "SIGKILL");
    const { status, failure } = await ended(service, evaluationId);
    expect({ status, failure }).toEqual({
      status: "failed",
      failure: { code: "evaluation_failed", detail: "Its process ended by SIGKILL" },
    });
    expect((await service.decide({ programId: PROGRAM, userId: "u1" })).status).toBe(200);
  });

  it("ends when it is deleted, whether it runs or waits, and is not known any more; those after it go on", async () => {
    const [runs, waits, next] = [
      await ask(service, { candidate }),
      await ask(service, { candidate }),
      await ask(service, { candidate, until: "2020-01-01T00:00:00Z" }),
    ];
    await expect.poll(() => processesOf(service.dataDir)).toHaveLength(1);
    for (const id of [waits, runs]) {
      const { status, json } = await service.call("DELETE", `/v1/evaluations/${id}`);
      expect(status).toBe(200);
      expect(json).toMatchObject({ status: "failed", failure: { code: "evaluation_called_off" } });
      expectProblem((await service.call("GET", `/v1/evaluations/${id}`)).text, "unknown_evaluation");
    }
    expect((await ended(service, next)).failure?.code).toBe("invalid_request");
    const gone = await service.call("DELETE", `/v1/evaluations/${next}`);
    expect(gone.json).toMatchObject({ evaluationId: next, failure: { code: "invalid_request" } });
    expectProblem((await service.call("DELETE", `/v1/evaluations/${next}`)).text, "unknown_evaluation");
    const kept = await readdir(join(service.dataDir, "evaluations"));
    expect(kept.filter((id) => [runs, waits, next].includes(id))).toEqual([]);
    expect(processesOf(service.dataDir)).toEqual([]);
  });

  it("is told to come later when as many wait as may; what the service ends is failed after the restart", async () => {
    const ids: string[] = [];
    for (let i = 0; i <= EVALUATIONS_WAITING_MAX; i++) ids.push(await ask(service, { candidate }));
    expectProblem((await askFor(service, { candidate })).text, "evaluation_queue_full");
    await expect.poll(() => processesOf(service.dataDir)).toHaveLength(1);
    await service.shutDown();
    expect(processesOf(service.dataDir)).toEqual([]);

    const environment = { DATA_DIR: service.dataDir };
    await using again = await startTestService({ programs: { [PROGRAM]: logged }, environment });
    for (const id of ids) {
      expect(await standing(again, id)).toMatchObject({
        status: "failed",
        failure: { code: "evaluation_interrupted" },
        report: null,
      });
    }
    const { evaluations } = EvaluationList.parse((await again.call("GET", "/v1/evaluations")).json);
    const done = evaluations.find(({ status }) => status === "done");
    expect((await standing(again, done?.evaluationId ?? "")).report?.log.decisions).toBeGreaterThanOrEqual(USERS);
    await rm(join(service.dataDir, "evaluations", done?.evaluationId ?? ""), { recursive: true });
    const lost = await again.call("GET", `/v1/evaluations/${done?.evaluationId ?? ""}`);
    expectProblem(lost.text, "evaluation_store_unavailable");
  });
});
