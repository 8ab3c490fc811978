/** Who may call what, and what is kept out of logs. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig, type Role } from "../../src/ops/config.ts";
import { expectProblem } from "../support/refusal.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

/** One key per role, and `shop` with two live secrets for rotation. */
const KEYS = {
  "decider.s-decide": "decide",
  "writer.s-outcome": "outcome",
  "reader.s-read": "read",
  "admin.s-admin": "admin",
  "shop.s-old": "decide|read",
  "shop.s-new": "decide|read",
  "rival.s-rival": "decide",
} as const;
const API_KEYS = Object.entries(KEYS)
  .map(([key, roles]) => [key.split("."), roles] as const)
  .map(([[id, secret = ""], roles]) => `${id}:${sha256(secret)}:${roles}`)
  .join("\n");
const PEPPER = "pepper-of-the-tests";

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

describe("with API keys", () => {
  let service: TestService;
  const logged: string[] = [];
  beforeAll(async () => {
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        logged.push(chunk.toString());
        done();
      },
    });
    const logger = pino({ level: "trace" }, sink);
    service = await startTestService({ environment: { API_KEYS, USER_ID_PEPPER: PEPPER }, logger });
    const users = ["u-private"].map((userId) => ({ userId, features: CUSTOMER }));
    await service.call("PUT", "/v1/features", { body: { users }, headers: bearer("writer.s-outcome") });
  });
  afterAll(() => service.stop());

  const calls: readonly (readonly [string, string, Role])[] = [
    ["POST", "/v1/decide", "decide"],
    ["POST", "/decide", "decide"],
    ["POST", "/v1/decide/batch", "decide"],
    ["POST", "/v1/score", "decide"],
    ["PUT", "/v1/features", "outcome"],
    ["GET", "/v1/decisions/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11", "read"],
    ["GET", "/v1/programs", "read"],
    ["GET", `/v1/programs/${PROGRAM}`, "read"],
    ["GET", "/v1/models", "read"],
    ["POST", "/v1/reload", "admin"],
    ["POST", `/v1/programs/${PROGRAM}/rollback`, "admin"],
    ["GET", `/v1/budgets/${PROGRAM}`, "read"],
    ["POST", `/v1/budgets/${PROGRAM}/write-offs`, "admin"],
    ["POST", "/v1/evaluations", "admin"],
    ["GET", "/v1/evaluations", "admin"],
    ["GET", "/v1/evaluations/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11", "admin"],
    ["GET", "/v1/evaluations/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11/report.html", "admin"],
    ["DELETE", "/v1/evaluations/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11", "admin"],
    ["GET", "/metrics", "read"],
    ["GET", "/openapi.json", "read"],
    ["GET", "/docs/", "read"],
    ["GET", "/no/such/address", "read"],
  ];

  it.each(calls)("%s %s needs a key with the role", async (method, address, role) => {
    const anonymous = await service.call(method, address);
    expect(anonymous.status).toBe(401);
    expectProblem(anonymous.text, "unauthenticated");
    for (const [key, roles] of Object.entries(KEYS)) {
      const { status, text } = await service.call(method, address, { headers: bearer(key) });
      if (roles.split("|").includes(role)) expect([401, 403], `${key} on ${address}`).not.toContain(status);
      else expectProblem(text, "forbidden");
    }
  });

  it.each(["/health/live", "/health/ready"])("%s is open", async (address) => {
    expect((await service.call("GET", address)).status).toBe(200);
  });

  it.each([
    ["an unknown id", "Bearer nobody.s-decide"],
    ["a wrong secret", "Bearer decider.wrong"],
    ["another key's secret", "Bearer decider.s-read"],
    ["no secret", "Bearer decider."],
    ["no dot", "Bearer decider"],
    ["no id", "Bearer .s-decide"],
    ["the hash instead of the secret", `Bearer decider.${sha256("s-decide")}`],
    ["the id in another case", "Bearer Decider.s-decide"],
    ["another scheme", "Basic decider.s-decide"],
    ["the scheme in lower case", "bearer decider.s-decide"],
    ["two spaces", "Bearer  decider.s-decide"],
    ["10 KB", `Bearer decider.${"s".repeat(10_000)}`],
    ["nothing", ""],
    ["a token without signature", "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."],
  ])("%s gets the same answer as any other wrong key", async (_, authorization) => {
    const refused = await service.decide({ programId: PROGRAM, userId: "u" }, { authorization });
    const reference = await service.decide({ programId: PROGRAM, userId: "u" }, bearer("nobody.nothing"));
    expect([refused.status, refused.text]).toEqual([401, reference.text]);
  });

  it("a key in the query string is no key", async () => {
    expect(
      (await service.call("GET", "/v1/programs?authorization=Bearer%20reader.s-read&api_key=reader.s-read")).status,
    ).toBe(401);
  });

  it("either of two live secrets is good", async () => {
    for (const key of ["shop.s-old", "shop.s-new"]) {
      expect((await service.call("GET", "/v1/programs", { headers: bearer(key) })).status).toBe(200);
    }
  });

  it("a bad key is refused before the body is looked at", async () => {
    const answer = await service.call("POST", "/v1/decide", { body: "{", headers: { "content-type": "text/plain" } });
    expectProblem(answer.text, "unauthenticated");
  });

  it("a requestId belongs to the key that used it", async () => {
    const body = { programId: PROGRAM, userId: "u-private", requestId: "shared" };
    const one = await service.decide(body, bearer("decider.s-decide"));
    const other = await service.decide({ ...body, explain: true }, bearer("rival.s-rival"));
    expect([one.status, other.status]).toEqual([200, 200]);
    expect(one.json).not.toMatchObject({ decisionId: Reflect.get(other.json ?? {}, "decisionId") });
  });

  it("the decision log holds keyed hashes instead of user ids, the same for the same user", async () => {
    await service.decide({ programId: PROGRAM, userId: "u-private" }, bearer("decider.s-decide"));
    const records = (await service.records()).slice(-2);
    expect(new Set(records.map(({ user }) => user)).size).toBe(1);
    expect(records[0]?.user).toMatch(/^hmac-sha256:[0-9a-f]{64}$/);
    expect(records[0]?.unit).toBe(records[0]?.user);
    for (const path of await service.segments()) expect(await readFile(path, "utf8")).not.toContain("u-private");
  });

  it("the answer still names the user as the caller does", async () => {
    const answer = await service.decide({ programId: PROGRAM, userId: "u-private" }, bearer("decider.s-decide"));
    expect(answer.json).toMatchObject({ userId: "u-private" });
  });

  it("the operators' log has no secret, no key's hash, no pepper and no user id", () => {
    const text = logged.join("");
    expect(text).toContain("Server listening");
    for (const secret of ["s-decide", "s-admin", sha256("s-decide"), PEPPER, "u-private", "Bearer"])
      expect(text).not.toContain(secret);
  });
});

describe("with ADMIN_PORT", () => {
  let service: TestService;
  beforeAll(async () => {
    service = await startTestService({ environment: { ADMIN_PORT: "0" } });
  });
  afterAll(() => service.stop());

  const api: readonly (readonly [string, string, object])[] = [
    ["POST", "/v1/decide", { programId: PROGRAM, userId: "u" }],
    ["POST", "/decide", { programId: PROGRAM, userId: "u" }],
    ["POST", "/v1/decide/batch", { requests: [{ programId: PROGRAM, userId: "u" }] }],
    ["POST", "/v1/score", { programId: PROGRAM, users: [{ userId: "u" }] }],
    ["PUT", "/v1/features", { users: [{ userId: "u", features: CUSTOMER }] }],
  ];
  const admin: readonly (readonly [string, string])[] = [
    ["GET", "/metrics"],
    ["GET", "/docs/"],
    ["GET", "/openapi.json"],
    ["GET", "/v1/programs"],
    ["GET", "/v1/models"],
    ["POST", "/v1/reload"],
  ];

  it.each(api)("%s %s answers on the API's port only", async (method, address, body) => {
    expect((await service.call(method, address, { body })).status).toBe(200);
    expectProblem((await service.call(method, `${service.adminUrl}${address}`, { body })).text, "not_found");
  });

  it.each(admin)("%s %s answers on the admin port only", async (method, address) => {
    expect((await service.call(method, `${service.adminUrl}${address}`)).status).toBe(200);
    expectProblem((await service.call(method, address)).text, "not_found");
  });

  it.each(["/health/live", "/health/ready"])("%s answers on both", async (address) => {
    expect((await service.call("GET", address)).status).toBe(200);
    expect((await service.call("GET", `${service.adminUrl}${address}`)).status).toBe(200);
  });

  it("a decision made on one port is read on the other", async () => {
    const { json } = await service.decide({ programId: PROGRAM, userId: "u" });
    const decisionId = String(Reflect.get(json ?? {}, "decisionId"));
    const answer = await service.call("GET", `${service.adminUrl}/v1/decisions/${decisionId}`);
    expect(answer.json).toMatchObject({ record: { decisionId } });
  });
});

describe("without API keys", () => {
  it.each(["0.0.0.0", "::", "10.0.0.1", "example.org", "127.0.0.1.example.org"])("refuses to listen on %s", (HOST) => {
    expect(() => readConfig({ HOST })).toThrow(/API_KEYS: is required when HOST is not a loopback address/);
    expect(readConfig({ HOST, API_KEYS }).HOST).toBe(HOST);
  });

  it.each(["127.0.0.1", "127.8.8.8", "::1", "localhost"])("listens on %s", (HOST) => {
    expect(readConfig({ HOST }).HOST).toBe(HOST);
  });
});

describe("pages and JSON", () => {
  it("no origin is allowed to read across sites, and pages carry the headers of helmet", async () => {
    await using service = await startTestService();
    const json = await service.call("GET", "/v1/programs", { headers: { origin: "https://evil.example" } });
    expect(json.headers.get("access-control-allow-origin")).toBeNull();
    const page = await service.call("GET", "/docs/");
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'self'");
    expect(page.headers.get("x-content-type-options")).toBe("nosniff");
    expect((await service.call("GET", "/docs/json")).status).toBe(200);
  });
});
