/** Bodies that are wrong as JSON or as a decide request. Numbers in brackets: rows of the list of bad inputs. */
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import { expectProblem, SECRET, withoutTrace } from "../support/refusal.ts";
import { PROGRAM, startTestService, type TestService } from "../support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const VALID = { programId: PROGRAM, userId: "u42" };
const VALID_TEXT = JSON.stringify(VALID);

async function expectRefused(body: unknown, code: ErrorCode, headers: Readonly<Record<string, string>> = {}) {
  const answer = await withoutTrace(service, () => service.call("POST", "/v1/decide", { body, headers }));
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  const problem = expectProblem(answer.text, code);
  expect(answer.status).toBe(problem.status);
  return problem;
}

describe("a body that is not JSON in UTF-8", () => {
  it.each<[string, unknown, ErrorCode]>([
    ["is empty", "", "invalid_json"],
    ["is cut short", VALID_TEXT.slice(0, -2), "invalid_json"],
    ["holds NaN", `{"programId":NaN}`, "invalid_json"],
    ["holds Infinity", `{"programId":Infinity}`, "invalid_json"],
    ["holds a hexadecimal number", `{"programId":0x1F}`, "invalid_json"],
    ["has a trailing comma", `{"programId":"${SECRET}",}`, "invalid_json"],
    ["has a comment", `{/* ${SECRET} */"programId":"p"}`, "invalid_json"],
    ["has single quotes", `{'programId':'${SECRET}'}`, "invalid_json"],
    ["has something after it", `${VALID_TEXT}${SECRET}`, "invalid_json"],
    [
      "starts with a byte order mark",
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(VALID_TEXT)]),
      "invalid_utf8",
    ],
    ["is UTF-16", Buffer.from(VALID_TEXT, "utf16le"), "invalid_json"],
    ["is UTF-16 with its mark", Buffer.from(`\ufeff${VALID_TEXT}`, "utf16le"), "invalid_utf8"],
    ["has bytes that are not UTF-8", Buffer.from(`{"userId":"\xff\xfe"}`, "latin1"), "invalid_utf8"],
    ["has overlong UTF-8", Buffer.from(`{"userId":"\xc0\xaf"}`, "latin1"), "invalid_utf8"],
    ["has a lone surrogate", `{"programId":"${PROGRAM}","userId":"\\ud800"}`, "invalid_utf8"],
    [
      "holds a number beyond all numbers",
      `{"programId":"${PROGRAM}","userId":"u","context":{"x":1e999}}`,
      "invalid_json",
    ],
  ])("%s", async (_, body, code) => {
    await expectRefused(body, code);
  });

  it.each<[string, string, ErrorCode]>([
    ["array", "[]", "invalid_request"],
    ["null", "null", "invalid_request"],
    ["string", `"${SECRET}"`, "invalid_request"],
    ["number", "1", "invalid_request"],
    ["boolean", "true", "invalid_request"],
  ])("is a bare %s", async (_, body, code) => {
    await expectRefused(body, code);
  });
});

describe("a body that two readers would read differently, or that costs too much to read", () => {
  const wide = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`k${i}`, 1]));
  it.each<[string, string, ErrorCode, string?]>([
    ["the same key twice", `{"programId":"${PROGRAM}","userId":"a","userId":"${SECRET}"}`, "duplicate_key", "userId"],
    [
      "the same key twice, once escaped",
      `{"programId":"${PROGRAM}","userId":"a","\\u0075serId":"b"}`,
      "duplicate_key",
      "userId",
    ],
    [
      "the same key twice, nested",
      `{"programId":"${PROGRAM}","userId":"a","context":{"x":1,"x":2}}`,
      "duplicate_key",
      "context.x",
    ],
    ["__proto__", `{"programId":"${PROGRAM}","userId":"u","__proto__":{"explain":true}}`, "forbidden_key", "__proto__"],
    ["__proto__, escaped", `{"programId":"${PROGRAM}","userId":"u","\\u005f_proto__":1}`, "forbidden_key", "__proto__"],
    [
      "__proto__ in the context",
      `{"programId":"${PROGRAM}","userId":"u","context":{"__proto__":1}}`,
      "forbidden_key",
      "context.__proto__",
    ],
    [
      "__proto__ in an array",
      `{"programId":"${PROGRAM}","userId":"u","actions":[{"__proto__":1}]}`,
      "forbidden_key",
      "actions[0].__proto__",
    ],
    ["constructor", `{"programId":"${PROGRAM}","userId":"u","constructor":{"prototype":{}}}`, "forbidden_key"],
    [
      "constructor in the context",
      `{"programId":"${PROGRAM}","userId":"u","context":{"constructor":1}}`,
      "forbidden_key",
      "context.constructor",
    ],
    ["30,000 levels", "[".repeat(30_000) + "]".repeat(30_000), "body_too_deep"],
    ["nine levels", `{"a":${"[".repeat(8)}1${"]".repeat(8)}}`, "body_too_deep"],
    ["2,000 keys in one object", JSON.stringify({ ...VALID, context: wide }), "body_too_wide", "context"],
    ["64 KiB and one byte", `{"userId":"${"a".repeat(64 * 1024 + 1 - 13)}"}`, "body_too_large"],
    [
      "a key of 60 KB",
      `{"programId":"${PROGRAM}","userId":"u","context":{"${"k".repeat(60_000)}":1}}`,
      "invalid_request",
    ],
    ["an empty key", `{"programId":"${PROGRAM}","userId":"u","context":{"":1}}`, "invalid_request"],
  ])("has %s", async (_, body, code, path) => {
    const problem = await expectRefused(body, code);
    if (path !== undefined) expect(problem.errors).toMatchObject([{ path }]);
  });

  it("has 10,000 keys", async () => {
    const body = JSON.stringify({
      ...VALID,
      context: Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, 1])),
    });
    await expectRefused(body, Buffer.byteLength(body) > 64 * 1024 ? "body_too_large" : "body_too_wide");
  });
});

describe("a content type other than plain JSON in UTF-8", () => {
  it.each([
    ["text/plain", { "content-type": "text/plain" }],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }],
    ["multipart", { "content-type": "multipart/form-data; boundary=x" }],
    ["XML", { "content-type": "application/xml" }],
    ["UTF-7", { "content-type": "application/json; charset=utf-7" }],
    ["UTF-16", { "content-type": "application/json; charset=utf-16" }],
    ["Latin-1", { "content-type": "application/json; charset=iso-8859-1" }],
    ["JSON's cousins", { "content-type": "application/jsonp" }],
    ["a type that is none", { "content-type": "json" }],
    ["gzip that is announced only", { "content-encoding": "gzip" }],
    ["deflate", { "content-encoding": "deflate" }],
    ["several encodings", { "content-encoding": "identity, gzip" }],
  ])("%s", async (_, headers) => {
    await expectRefused(VALID_TEXT, "unsupported_media_type", headers);
  });

  it("real gzip, however small it makes a large body", async () => {
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024, 0x20));
    await expectRefused(bomb, "unsupported_media_type", { "content-encoding": "gzip" });
  });

  it.each([
    "application/json",
    "application/json; charset=utf-8",
    "Application/JSON ; charset=UTF-8",
    'application/json;charset="utf-8"',
  ])("%s is plain JSON", async (type) => {
    expect((await service.decide(VALID, { "content-type": type, "content-encoding": "identity" })).status).toBe(200);
  });
});

describe("a decide request that does not match its schema", () => {
  const without = (name: string) => Object.fromEntries(Object.entries(VALID).filter(([key]) => key !== name));
  it.each<[string, object, string]>([
    ["lacks programId", without("programId"), "programId"],
    ["lacks userId", without("userId"), "userId"],
    ...["programId", "userId", "requestId", "clusterId", "context", "actions", "features", "explain"].map(
      (name): [string, object, string] => [`has null as ${name}`, { ...VALID, [name]: null }, name],
    ),
    ...["programId", "userId", "requestId", "clusterId", "actions", "features", "context"].map(
      (name): [string, object, string] => [`has a number as ${name}`, { ...VALID, [name]: 12 }, name],
    ),
    ["has a string as explain", { ...VALID, explain: "true" }, "explain"],
    ["has 0 as explain", { ...VALID, explain: 0 }, "explain"],
    ["asks for no action", { ...VALID, actions: [] }, "actions"],
    ["asks for 65 actions", { ...VALID, actions: Array.from({ length: 65 }, (_, i) => `a${i}`) }, "actions"],
    ["asks for nested actions", { ...VALID, actions: [["mens_email"]] }, "actions[0]"],
    ["has a nested context", { ...VALID, context: { a: { b: SECRET } } }, "context.a"],
    ["has a list in the context", { ...VALID, context: { a: [SECRET] } }, "context.a"],
    ["has null in the context", { ...VALID, context: { a: null } }, "context.a"],
    ["has a long context value", { ...VALID, context: { a: SECRET.repeat(20) } }, "context.a"],
    [
      "has 33 context entries",
      { ...VALID, context: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, 1])) },
      "context",
    ],
  ])("%s", async (_, body, path) => {
    const problem = await expectRefused(body, "invalid_request");
    expect(problem.errors?.map((fault) => fault.path)).toContain(path);
  });

  it.each(["propensity", "seed", "model", "policy", "arm", "force_action", "budget", "decisionId", SECRET])(
    "has the field %s, which is not the caller's to set",
    async (field) => {
      const problem = await expectRefused({ ...VALID, [field]: 0.5 }, "invalid_request");
      expect(problem.errors).toEqual([{ path: "", rule: "has 1 field(s) that this call does not know" }]);
    },
  );

  it("has a hundred faults, of which the first few are told within 1 KiB", async () => {
    const context = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`${"long_name_".repeat(5)}${i}`, null]));
    const problem = await expectRefused(
      { programId: 1, userId: 2, context, actions: Array(64).fill("!") },
      "invalid_request",
    );
    expect(problem.errors?.length).toBeGreaterThan(2);
  });
});

describe("an id that is not 1 to 128 characters of A-Z a-z 0-9 _ . : @ / + = -", () => {
  const bad: readonly (readonly [string, string])[] = [
    ["empty", ""],
    ["blank", " "],
    ["129 characters", "a".repeat(129)],
    ["NUL", "a\u0000b"],
    ["CR LF and a Redis command", "a\r\nFLUSHALL\r\n"],
    ["a tab", "a\tb"],
    ["DEL", "a\u007f"],
    ["an ANSI escape", "\u001b[31m"],
    ["a bidirectional override", "a\u202eb"],
    ["a zero-width space", "a\u200bb"],
    ["a homoglyph", "\u0430dmin"],
    ["a combining accent", "e\u0301"],
    ["an emoji", "🙂"],
    ["a glob", "user*"],
    ["braces", "{user}"],
    ["a hash tag's look-alike", "a}{b"],
    ["the log's separator", "a|b"],
    ["a quote", 'a"b'],
    ["a trailing space", "user "],
  ];
  it.each(
    ["programId", "userId", "requestId", "clusterId"].flatMap((field) =>
      bad.map(([name, id]) => [field, name, id] as const),
    ),
  )("%s: %s", async (field, _name, id) => {
    const answer = await service.decide({ ...VALID, [field]: id });
    const problem = expectProblem(answer.text, "invalid_request");
    expect(problem.errors).toMatchObject([{ path: field }]);
  });

  it("leaves no record behind", async () => {
    await withoutTrace(service, () => Promise.all(bad.map(([, id]) => service.decide({ ...VALID, userId: id }))));
  });

  it.each([
    "a",
    "a".repeat(128),
    "__proto__",
    "constructor",
    "null",
    "undefined",
    "../../x",
    "con",
    "a:b",
    "u@example.org",
    "%2e%2e",
    "A==",
  ])("%s is data like any other, if its characters are", async (userId) => {
    const answer = await service.decide({ ...VALID, userId });
    if (userId.includes("%")) expectProblem(answer.text, "invalid_request");
    else expect(answer.json).toMatchObject({ userId });
  });
});

describe("a request that is well-formed but means nothing here", () => {
  it.each<[string, object, ErrorCode, string?]>([
    ["an unknown program", { ...VALID, programId: SECRET }, "unknown_program"],
    ["a program named like a path", { ...VALID, programId: "../programs/hillstrom-email" }, "unknown_program"],
    ["a program named like a property", { ...VALID, programId: "__proto__" }, "unknown_program"],
    ["an unknown action", { ...VALID, actions: ["mens_email", SECRET] }, "unknown_action", "actions[1]"],
    ["an action twice", { ...VALID, actions: ["mens_email", "mens_email"] }, "unknown_action", "actions[1]"],
    ["an unknown feature", { ...VALID, features: { shoe_size: SECRET } }, "unknown_feature", "features.shoe_size"],
    [
      "a feature named like a property",
      { ...VALID, features: { toString: 1 } },
      "unknown_feature",
      "features.toString",
    ],
    ["a feature that the store has", { ...VALID, features: { recency: 6 } }, "invalid_feature", "features.recency"],
  ])("%s", async (_, body, code, path) => {
    const problem = await expectRefused(body, code);
    if (path !== undefined) expect(problem.errors).toMatchObject([{ path }]);
  });

  it("makes no metric series of what callers make up", async () => {
    for (let i = 0; i < 50; i++) await service.decide({ ...VALID, programId: `${SECRET}-${i}` });
    const { text } = await service.call("GET", "/metrics");
    expect(text).not.toContain(SECRET);
    expect(text).toMatch(/liftgate_http_problems_total\{code="unknown_program"\} \d+/);
  });
});

describe("values that are odd but legal", () => {
  it("are logged as given, and replayed", async () => {
    const context = {
      zero: -0,
      tiny: 5e-324,
      huge: 1.7976931348623157e308,
      big: 2 ** 53,
      text: "${jndi:ldap://x} {{7*7}} <script> '; DROP TABLE\r\n\u202e",
      hasOwnProperty: 1,
      toString: "x",
      valueOf: true,
    };
    const answer = await service.decide({ ...VALID, requestId: "odd", context });
    expect(answer.status).toBe(200);
    const record = (await service.records()).find(({ requestId }) => requestId === "odd");
    expect(record?.context).toEqual({ ...context, zero: 0 });
    const metrics = await service.call("GET", "/metrics");
    expect(metrics.text).not.toContain("NaN");
  });
});
