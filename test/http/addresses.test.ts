/** Addresses and methods. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exchange, requestText } from "../support/raw-socket.ts";
import { expectProblem, SECRET, withoutTrace } from "../support/refusal.ts";
import { PROGRAM, startTestService, type TestService } from "../support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

describe("a method that an address does not take", () => {
  const tables: readonly (readonly [string, string])[] = [
    ["/v1/decide", "POST"],
    ["/decide", "POST"],
    ["/v1/decide/batch", "POST"],
    ["/v1/score", "POST"],
    ["/v1/features", "PUT"],
    ["/v1/decisions/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11", "GET"],
    ["/v1/programs", "GET"],
    [`/v1/programs/${PROGRAM}`, "GET"],
    ["/v1/models", "GET"],
    ["/v1/reload", "POST"],
    [`/v1/programs/${PROGRAM}/rollback`, "POST"],
    [`/v1/budgets/${PROGRAM}`, "GET"],
    [`/v1/budgets/${PROGRAM}/write-offs`, "POST"],
    ["/health/live", "GET"],
    ["/health/ready", "GET"],
    ["/metrics", "GET"],
    ["/openapi.json", "GET"],
  ];
  const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

  it.each(tables)("%s takes %s only and says so", async (address, allowed) => {
    for (const method of methods.filter((name) => name !== allowed)) {
      const answer = await service.call(method, address);
      expect(answer.status, method).toBe(405);
      expect(answer.headers.get("allow"), method).toBe(allowed);
      expectProblem(answer.text, "method_not_allowed");
    }
    await withoutTrace(service, async () => undefined);
  });

  it("is refused before its body is read", async () => {
    const answer = await service.call("PUT", "/v1/decide", { body: SECRET, headers: { "content-type": "text/plain" } });
    expectProblem(answer.text, "method_not_allowed");
  });

  it.each(["HEAD", "TRACE"])("%s is one, too", async (method) => {
    const answer = await exchange(
      service.port,
      requestText(`${method} /v1/decide HTTP/1.1`, ["Host: x", "Connection: close"]),
    );
    expect(answer.status).toBe(405);
    expect(answer.text.toLowerCase()).toContain("allow: post");
  });
});

describe("an address where there is nothing", () => {
  it.each([
    "/",
    "/v2/decide",
    "/v1/decide/",
    "//v1/decide",
    "/V1/DECIDE",
    "/v1/decide%2f",
    "/v1/%2e%2e/v1/decide",
    `/${SECRET}`,
    "/v1/programs/a/b",
    "/health",
    "/docs/../../../../etc/passwd",
    "/favicon.ico",
  ])("%s", async (address) => {
    const bytes = requestText(`POST ${address} HTTP/1.1`, ["Host: x", "Content-Length: 0", "Connection: close"]);
    const answer = await withoutTrace(service, () => exchange(service.port, bytes));
    expect(answer.status).toBe(404);
    expectProblem(answer.body, "not_found");
  });

  it("an address that cannot be decoded gets 400", async () => {
    const answer = await exchange(
      service.port,
      requestText("GET /v1/programs/%E0%A4%A HTTP/1.1", ["Host: x", "Connection: close"]),
    );
    expect(answer.status).toBe(400);
    expectProblem(answer.body, "malformed_http");
  });
});

describe("an id in the address", () => {
  it.each([
    ["129 characters", "a".repeat(129)],
    ["1,000 characters", "a".repeat(1_000)],
    ["a line break", "a%0d%0ab"],
    ["NUL", "a%00"],
    ["a path", "..%2f..%2fetc%2fpasswd%20"],
  ])("of %s is refused", async (_, id) => {
    for (const address of ["/v1/programs/", "/v1/decisions/"]) {
      const answer = await service.call("GET", `${address}${id}`);
      expect([400, 404]).toContain(answer.status);
      expectProblem(answer.text, answer.status === 400 ? "invalid_request" : "not_found");
    }
  });

  it("that is well-formed but unknown gets 404", async () => {
    expectProblem((await service.call("GET", `/v1/programs/${SECRET}`)).text, "unknown_program");
    expectProblem((await service.call("GET", "/v1/programs/..%2f..%2fetc%2fpasswd")).text, "unknown_program");
    expectProblem(
      (await service.call("GET", "/v1/decisions/019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b11")).text,
      "unknown_decision",
    );
  });

  it.each(["not-a-uuid", "019aa8e1", "019aa8e1-7d2c-7b0e-9d5c-3f1f6f0a9b1g"])(
    "a decision's id cannot be %s",
    async (id) => {
      const problem = expectProblem((await service.call("GET", `/v1/decisions/${id}`)).text, "invalid_request");
      expect(problem.errors).toMatchObject([{ path: "decisionId" }]);
    },
  );
});
