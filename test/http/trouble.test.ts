/** What callers get when the log, the model or the feature store does not work: real faults, real recovery. */
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { ModelList } from "../../src/contract/catalog.ts";
import { startRedisServer } from "../support/redis-server.ts";
import { expectProblem } from "../support/refusal.ts";
import { CUSTOMER, PROGRAM, startTestService } from "../support/service.ts";
import {
  HARMLESS_USER,
  MAIL_VALUE,
  modelsThatThrow,
  TINY_PROGRAM,
  TINY_USER,
  TINY_YAML,
} from "../support/tiny-program.ts";

describe("the decision log cannot be written", () => {
  it("operators are told which call failed and why; callers are told the code", async () => {
    const lines: string[] = [];
    const logger = pino({}, { write: (line) => void lines.push(line) });
    await using service = await startTestService({ logger });
    await writeFile(join(service.dataDir, "decisions"), "a file where the log's directory should be");
    await service.decide({ programId: PROGRAM, userId: "u-private" });

    const failed = lines.map((line) => JSON.parse(line) as object).filter((line) => Object.hasOwn(line, "reqId"));
    expect(failed).toMatchObject([
      { level: 50, code: "log_unavailable", msg: "request failed", err: { stack: expect.any(String) } },
    ]);
    expect(lines.join("")).not.toContain("u-private");
  });

  it("decisions are refused with 503, nothing is acknowledged, and a retry decides once it can be", async () => {
    await using service = await startTestService();
    await service.putFeatures(CUSTOMER, "u");
    const logDirectory = join(service.dataDir, "decisions");
    await writeFile(logDirectory, "a file where the log's directory should be");

    const body = { programId: PROGRAM, userId: "u", requestId: "order-1" };
    const refused = await service.decide(body);
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("1");
    expect(expectProblem(refused.text, "log_unavailable").fallback).toEqual({ action: "no_offer" });
    expect(refused.text).not.toContain(service.dataDir);

    const batch = await service.call("POST", "/v1/decide/batch", { body: { requests: [body] } });
    expect(batch.json).toMatchObject({ results: [{ status: 503, problem: { code: "log_unavailable" } }] });
    const metrics = await service.call("GET", "/metrics");
    expect(metrics.text).toMatch(/liftgate_log_errors_total\{log="decisions"\} [1-9]/);
    expect(metrics.text).toMatch(/liftgate_http_problems_total\{code="log_unavailable"\} [1-9]/);
    expect(metrics.text).not.toMatch(/liftgate_decisions_total\{/);

    await rm(logDirectory);
    expect((await service.decide(body)).status).toBe(200);
    expect((await service.records()).map(({ requestId }) => requestId)).toEqual(["order-1"]);
  });
});

describe("a model throws at run time", () => {
  it("its users get no_offer with certainty, others are decided for as ever", async () => {
    const models = await modelsThatThrow();
    await using service = await startTestService({
      environment: { MODELS_DIR: models.path },
      programs: { [TINY_PROGRAM]: TINY_YAML },
    });
    const loaded = ModelList.parse((await service.call("GET", "/v1/models")).json);
    expect(loaded.models).toMatchObject([{ name: "tiny", state: "serving", faults: [] }]);
    await service.putFeatures(HARMLESS_USER, "harmless");
    await service.putFeatures(TINY_USER, "fatal");
    const decide = (userId: string) =>
      service.decide({ programId: TINY_PROGRAM, userId, features: { newbie: false }, explain: true });

    for (let i = 0; i < 3; i++) {
      expect((await decide("harmless")).json).toMatchObject({
        status: "normal",
        action: "mail",
        expected: { value: MAIL_VALUE },
      });
      expect((await decide("fatal")).json).toMatchObject({
        status: "degraded_model",
        action: "no_offer",
        propensity: 1,
        explanation: [{}, { excluded: "unavailable", probability: 0 }, { excluded: "unavailable" }],
      });
    }
    expect((await service.records()).filter(({ status }) => status === "degraded_model")).toHaveLength(3);
    const scored = await service.call("POST", "/v1/score", {
      body: { programId: TINY_PROGRAM, users: [{ features: { ...TINY_USER, newbie: false } }] },
    });
    expect(scored.json).toMatchObject({
      results: [{ status: "degraded_model", scores: [{ value: 0 }, { value: null }, { value: null }] }],
    });
    expect((await service.call("GET", "/metrics")).text).toMatch(
      /liftgate_decision_troubles_total\{code="model_failed"\} 4/,
    );
    await models.remove();
  });
});

describe("the feature store is gone", () => {
  it("decisions and scores go on without features; writes get 503; all is well when it is back", async () => {
    await using redis = await startRedisServer(["--appendonly", "yes", "--appendfsync", "always"]);
    await using service = await startTestService({ environment: { REDIS_URL: redis.url } });
    await service.putFeatures(CUSTOMER, "u");
    expect((await service.decide({ programId: PROGRAM, userId: "u" })).json).toMatchObject({ status: "normal" });

    await redis.kill();
    const decided = await service.decide({ programId: PROGRAM, userId: "u", explain: true });
    expect(decided.json).toMatchObject({ status: "safe_default", action: "no_offer", propensity: 1, model: null });
    const scored = await service.call("POST", "/v1/score", { body: { programId: PROGRAM, users: [{ userId: "u" }] } });
    expect(scored.json).toMatchObject({
      results: [{ status: "safe_default", model: null, scores: [{ value: 0 }, { value: null }, { value: null }] }],
    });
    const written = await service.putFeatures(CUSTOMER, "u2");
    expect([written.status, written.headers.get("retry-after")]).toEqual([503, "1"]);
    expectProblem(written.text, "feature_store_unavailable");
    expect((await service.call("GET", "/health/ready")).status).toBe(200);
    expect((await service.call("GET", "/metrics")).text).toContain("liftgate_feature_store_up 0");

    await redis.restart();
    for (;;) {
      const { json } = await service.decide({ programId: PROGRAM, userId: "u" });
      if (Reflect.get(json ?? {}, "status") === "normal") break;
    }
    expect((await service.call("GET", "/metrics")).text).toContain("liftgate_feature_store_up 1");
  });

  it("at the start is no reason not to start", async () => {
    const redis = await startRedisServer();
    await redis.stop();
    await using service = await startTestService({ environment: { REDIS_URL: redis.url } });
    expect((await service.decide({ programId: PROGRAM, userId: "u" })).json).toMatchObject({ status: "safe_default" });
  });
});
