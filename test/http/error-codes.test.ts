/** The table of error codes: each is provoked for real, or it is said why no caller sees it. */
import { createHash } from "node:crypto";
import { appendFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lockDirectory } from "../../src/adapters/file/directory-lock.ts";
import { Problem } from "../../src/contract/problem.ts";
import { ERROR_CODES, type ErrorCode, ERRORS } from "../../src/core/errors.ts";
import { exchange, requestText } from "../support/raw-socket.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { expectProblem } from "../support/refusal.ts";
import { PROGRAM, SHIPPED_PROGRAMS, startTestService, type TestService } from "../support/service.ts";

let service: TestService;
beforeAll(async () => {
  const shipped = await shippedProgram();
  const redis = await startRedisServer();
  await redis.stop();
  service = await startTestService({
    environment: {
      REDIS_URL: redis.url,
      API_KEYS: `all:${sha256("s")}:decide|outcome|read|admin,reader:${sha256("s")}:read`,
    },
    programs: {
      [PROGRAM]: shipped,
      household: shipped
        .replace(/^program: .*/m, "program: household")
        .replace("randomizationUnit: user", "randomizationUnit: cluster"),
      candidate: shipped
        .replace(/^program: .*/m, "program: candidate")
        .replace(/^state: .*/m, `state: shadow\nshadows: ${PROGRAM}`),
    },
  });
});
afterAll(() => service.stop());

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const KEY = { authorization: "Bearer all.s" };
const VALID = { programId: PROGRAM, userId: "u" };

const call = async (method: string, address: string, body?: unknown, headers: Readonly<Record<string, string>> = KEY) =>
  (await service.call(method, address, { body, headers })).text;
const decide = (body: unknown, headers = KEY) => call("POST", "/v1/decide", body, headers);
const outcome = (changed: object) =>
  call("POST", "/v1/outcomes", {
    outcomes: [
      {
        outcomeId: "o",
        decisionId: "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11",
        type: "reward",
        value: 1,
        occurredAt: "2026-11-21T21:00:00Z",
        ...changed,
      },
    ],
  });
const rollBack = () => call("POST", `/v1/programs/${PROGRAM}/rollback`, { reason: "to see what is said" });
const CANARY = `${PROGRAM}.canary.yaml`;
const NO_EVALUATION = "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11";
const evaluate = (candidate: string, incumbent?: string) =>
  call("POST", "/v1/evaluations", { programId: PROGRAM, candidate, incumbent });
const shippedProgram = () => readFile(join(SHIPPED_PROGRAMS, `${PROGRAM}.yaml`), "utf8");
const raw = async (...text: Parameters<typeof requestText>) =>
  (await exchange(service.port, requestText(...text))).body;

/** In an order in which none spoils the next. */
const PROVOCATIONS: Readonly<Record<ErrorCode, (() => Promise<string>) | "survived">> = {
  log_unavailable: async () => {
    const path = join(service.dataDir, "decisions");
    await writeFile(path, "not a directory");
    const text = await decide(VALID);
    await rm(path);
    return text;
  },
  invalid_json: () => decide("{"),
  invalid_utf8: () => decide(Buffer.from([0x22, 0xff, 0x22])),
  duplicate_key: () => decide('{"userId":"a","userId":"b"}'),
  forbidden_key: () => decide('{"__proto__":1}'),
  body_too_deep: () => decide("[".repeat(9)),
  body_too_wide: () => decide(Object.fromEntries(Array.from({ length: 1_025 }, (_, i) => [`k${i}`, 1]))),
  invalid_request: () => decide({}),
  malformed_http: () => raw("NO REQUEST", []),
  unauthenticated: () => call("GET", "/v1/programs", undefined, {}),
  forbidden: () => decide(VALID, { authorization: "Bearer reader.s" }),
  not_found: () => call("GET", "/nowhere"),
  unknown_program: () => decide({ ...VALID, programId: "nowhere" }),
  unknown_budget: () => call("GET", "/v1/budgets/hillstrom-email"),
  unknown_decision: () => call("GET", "/v1/decisions/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11"),
  method_not_allowed: () => call("GET", "/v1/decide"),
  request_timeout: () =>
    raw("POST /v1/decide HTTP/1.1", [
      "Host: x",
      "Authorization: Bearer all.s",
      "Content-Type: application/json",
      "Content-Length: 9",
    ]),
  answer_store_unavailable: "survived",
  outcome_exchange_unavailable: "survived",
  outcome_conflict: async () => {
    await outcome({ value: 1 });
    return await outcome({ value: 2 });
  },
  outcome_in_future: () => outcome({ outcomeId: "later", occurredAt: "9999-01-01T00:00:00Z" }),
  body_too_large: () => decide(" ".repeat(65_537)),
  unsupported_media_type: () => decide("{}", { ...KEY, "content-type": "text/plain" } as typeof KEY),
  unknown_action: () => decide({ ...VALID, actions: ["nothing_such"] }),
  unknown_feature: () => decide({ ...VALID, features: { nothing_such: 1 } }),
  invalid_feature: () => decide({ ...VALID, features: { recency: 1 } }),
  cluster_required: () => decide({ ...VALID, programId: "household" }),
  shadow_program: () => decide({ ...VALID, programId: "candidate" }),
  idempotency_mismatch: async () => {
    await decide({ ...VALID, requestId: "r" });
    return decide({ ...VALID, requestId: "r", userId: "other" });
  },
  reload_refused: async () => {
    await writeFile(join(service.programsDir, "broken.yaml"), "program: broken\n");
    return call("POST", "/v1/reload");
  },
  nothing_to_roll_back: () => rollBack(),
  rollout_under_way: async () => {
    // One that cannot be read can be rolled back all the same: there is something to do, which others hinder.
    await writeFile(join(service.programsDir, CANARY), "not a canary");
    await mkdir(join(service.programsDir, ".rollout"));
    const lock = lockDirectory(join(service.programsDir, ".rollout"));
    const text = await rollBack();
    lock.release();
    return text;
  },
  audit_log_broken: async () => {
    await writeFile(join(service.programsDir, ".rollout", "audit.ndjson"), "changed\n");
    return rollBack();
  },
  program_store_unavailable: async () => {
    await rm(join(service.programsDir, ".rollout"), { recursive: true });
    await writeFile(join(service.programsDir, ".rollout"), "in the way");
    const text = await rollBack();
    await rm(join(service.programsDir, CANARY));
    return text;
  },
  headers_too_large: () => raw("GET / HTTP/1.1", ["Host: x", `X-Large: ${"a".repeat(20_000)}`]),
  internal: async () => {
    // A line that only a damaged disk writes: the right id, and nothing else of a record.
    const decided: { decisionId: string } = JSON.parse(await decide(VALID));
    const id = `${decided.decisionId.slice(0, -4)}ffff`;
    const [segment = ""] = await service.segments();
    await appendFile(segment, `${JSON.stringify({ decisionId: id })}\n`);
    return call("GET", `/v1/decisions/${id}`);
  },
  feature_store_unavailable: () => call("PUT", "/v1/features", { users: [{ userId: "u", features: { recency: 1 } }] }),
  // Decisions go on without the ledger and pay nothing; callers see it who write a lease off (test/http/write-off.test.ts).
  ledger_unavailable: "survived",
  // Decisions survive it: nothing paid is offered to a user whose past offers are unknown.
  cap_store_unavailable: "survived",
  // Decisions survive it as `degraded_model` (test/http/trouble.test.ts); it is a label of a metric only.
  model_failed: "survived",
  // Nobody waits for shipping: the operators' log and a metric tell of it (test/service/shipping/shipper.test.ts).
  sink_unavailable: "survived",
  unknown_evaluation: () => call("GET", `/v1/evaluations/${NO_EVALUATION}`),
  candidate_refused: () => evaluate("program: nothing-more\n"),
  incumbent_refused: async () => evaluate(await shippedProgram(), "program: nothing-more\n"),
  evaluation_store_unavailable: async () => {
    await rm(join(service.dataDir, "evaluations"), { recursive: true });
    await writeFile(join(service.dataDir, "evaluations"), "in the way");
    return evaluate(await shippedProgram());
  },
  // They need an evaluation that runs, or tell how one ended (test/http/evaluations.test.ts).
  evaluation_not_done: "survived",
  evaluation_queue_full: "survived",
  evaluation_failed: "survived",
  evaluation_interrupted: "survived",
  evaluation_called_off: "survived",
  draining: async () => {
    service.composition.drain();
    return call("GET", "/health/ready");
  },
};

describe("every error code", () => {
  it.each(Object.entries(PROVOCATIONS).filter(([, provoke]) => provoke !== "survived"))(
    "%s is answered when provoked",
    async (code, provoke) => {
      if (provoke === "survived") throw new Error("only codes that callers see");
      const problem = expectProblem(await provoke(), code as ErrorCode);
      expect(problem.fallback).toEqual(problem.status === 503 ? { action: "no_offer" } : undefined);
      expect(JSON.stringify(problem)).not.toMatch(/\.ts\b|node_modules|    at /);
    },
  );

  it("is in the published problem schema, with a status that fits its kind and a title of its own", () => {
    expect(Problem.shape.code.options).toEqual(ERROR_CODES);
    expect(new Set(Object.values(ERRORS).map(({ title }) => title)).size).toBe(ERROR_CODES.length);
    for (const { status } of Object.values(ERRORS)) expect(status >= 400 && status < 600).toBe(true);
  });
});
