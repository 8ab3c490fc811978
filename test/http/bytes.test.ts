/** Bytes on a socket that are no request, half a request, or more than a request. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../src/core/errors.ts";
import { exchange, RawSocket, requestText } from "../support/raw-socket.ts";
import { expectProblem, SECRET, withoutTrace } from "../support/refusal.ts";
import { PROGRAM, startTestService, type TestService } from "../support/service.ts";

let service: TestService;
beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.stop());

const BODY = JSON.stringify({ programId: PROGRAM, userId: "u42" });
const JSON_TYPE = "Content-Type: application/json";
const HOST = "Host: localhost";
const CLOSE = "Connection: close";
const DECIDE = "POST /v1/decide HTTP/1.1";
/** Timeouts of 2 s, looked at every 250 ms; the rest is for a machine that is busy with other tests. */
const CUT_OFF_MS = 2_250 + 1_250;

const length = (bytes: number) => `Content-Length: ${bytes}`;
const chunked = (body: string) => requestText(DECIDE, [HOST, JSON_TYPE, "Transfer-Encoding: chunked"], body);

async function expectCutOff(bytes: string | Uint8Array, code: ErrorCode): Promise<void> {
  const answer = await withoutTrace(service, () => exchange(service.port, bytes));
  const problem = expectProblem(answer.body, code);
  expect(answer.status).toBe(problem.status);
  expect(answer.text.toLowerCase()).toContain("connection: close");
  expect(answer.text).toContain("application/problem+json");
}

describe("bytes that are not a valid request get 400 and a closed connection", () => {
  it.each<[string, string | Uint8Array]>([
    [
      "Content-Length and Transfer-Encoding together",
      requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length), "Transfer-Encoding: chunked"], `0\r\n\r\n${BODY}`),
    ],
    ["two different Content-Lengths", requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length), length(5)], BODY)],
    ["a negative Content-Length", requestText(DECIDE, [HOST, JSON_TYPE, length(-1)], BODY)],
    ["a Content-Length in words", requestText(DECIDE, [HOST, JSON_TYPE, "Content-Length: many"], BODY)],
    ["a chunk size that is no number", chunked(`zz\r\n${BODY}\r\n0\r\n\r\n`)],
    ["a chunk longer than it says", chunked(`5\r\n${BODY}\r\n0\r\n\r\n`)],
    ["a space before a header's colon", requestText(DECIDE, [HOST, `X-Thing : ${SECRET}`, length(0)])],
    ["a folded header", requestText(DECIDE, [HOST, "X-Thing: a", ` ${SECRET}`, length(0)])],
    ["NUL in a header", requestText(DECIDE, [HOST, `X-Thing: ${SECRET}\0`, length(0)])],
    ["a method that HTTP does not have", requestText("FROB /v1/decide HTTP/1.1", [HOST])],
    ["a version that HTTP does not have", requestText("POST /v1/decide HTTP/3.7", [HOST])],
    ["a TLS hello", Buffer.from("160301007b010000770303", "hex")],
    ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a Redis command", "*1\r\n$4\r\nPING\r\n"],
    ["an inline Redis command", "PING\r\n\r\n"],
    ["a mail client", "HELO example.org\r\n\r\n"],
    ["noise", Buffer.from(Array.from({ length: 512 }, (_, i) => (i * 73) % 256))],
  ])("%s", async (_, bytes) => {
    await expectCutOff(bytes, "malformed_http");
  });

  it("no Host", async () => {
    await expectCutOff(requestText("GET /health/live HTTP/1.1", [CLOSE]), "malformed_http");
  });

  it("bare line feeds", async () => {
    await expectCutOff(`${DECIDE}\n${HOST}\n${JSON_TYPE}\n${length(BODY.length)}\n\n${BODY}`, "malformed_http");
  });
});

describe("more than the service takes", () => {
  it("a header of 17 KB gets 431", async () => {
    await expectCutOff(
      requestText("GET /health/live HTTP/1.1", [HOST, `X-Thing: ${"a".repeat(17_000)}`]),
      "headers_too_large",
    );
  });

  it("3,000 headers get 431", async () => {
    const headers = Array.from({ length: 3_000 }, (_, i) => `X-${i}: 1`);
    await expectCutOff(requestText("GET /health/live HTTP/1.1", [HOST, ...headers]), "headers_too_large");
  });

  it("a body that says it is larger gets 413 before it is sent", async () => {
    const bytes = requestText(DECIDE, [HOST, JSON_TYPE, length(64 * 1024 + 1), CLOSE], "{");
    const answer = await withoutTrace(service, () => exchange(service.port, bytes));
    expect(answer.status).toBe(413);
    expectProblem(answer.body, "body_too_large");
  });

  it("a body in endless chunks gets 413 after 64 KiB", async () => {
    using socket = await RawSocket.open(service.port);
    const chunk = `1000\r\n${"a".repeat(0x1000)}\r\n`;
    socket.send(chunked(chunk.repeat(17)));
    const answer = await socket.until(/"body_too_large"/);
    expect(answer.status).toBe(413);
  });
});

describe("slow, silent and vanishing callers", () => {
  /** Connects, sends, and measures until the server hangs up. */
  async function cutOff(bytes: string, drip: (socket: RawSocket) => void = () => undefined) {
    using socket = await RawSocket.open(service.port);
    const openedMs = performance.now();
    if (bytes !== "") socket.send(bytes);
    const timer = setInterval(() => drip(socket), 100);
    const answer = await socket.untilClosed();
    clearInterval(timer);
    return { ...answer, tookMs: performance.now() - openedMs };
  }

  it.concurrent("slow headers are cut off with 408", async () => {
    const answer = await cutOff(`${DECIDE}\r\n${HOST}\r\n`, (socket) => socket.send("X-Slow: 1\r\n"));
    expectProblem(answer.body, "request_timeout");
    expect(answer.tookMs).toBeLessThan(CUT_OFF_MS);
  });

  it.concurrent("a slow body is cut off with 408, though it keeps coming", async () => {
    const answer = await cutOff(requestText(DECIDE, [HOST, JSON_TYPE, length(1_000)], "{"), (socket) =>
      socket.send(" "),
    );
    expectProblem(answer.body, "request_timeout");
    expect(answer.tookMs).toBeLessThan(CUT_OFF_MS);
  });

  it.concurrent("a Content-Length larger than the body is cut off with 408", async () => {
    const answer = await cutOff(requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length + 1)], BODY));
    expectProblem(answer.body, "request_timeout");
    expect(answer.tookMs).toBeLessThan(CUT_OFF_MS);
  });

  it.concurrent("chunks of one byte without an end are cut off with 408", async () => {
    const answer = await cutOff(chunked("1\r\n{\r\n"), (socket) => socket.send("1\r\n \r\n"));
    expectProblem(answer.body, "request_timeout");
    expect(answer.tookMs).toBeLessThan(CUT_OFF_MS);
  });

  it.concurrent("a connection that never says anything is cut off", async () => {
    const answer = await cutOff("");
    expect(answer.tookMs).toBeLessThan(CUT_OFF_MS);
  });

  it("500 idle connections keep nobody else from being served", async () => {
    const idle = await Promise.all(Array.from({ length: 500 }, () => RawSocket.open(service.port)));
    try {
      await withoutTrace(service, async () => undefined);
    } finally {
      for (const socket of idle) socket[Symbol.dispose]();
    }
  });

  it("a caller that resets in the middle of its body leaves nothing behind", async () => {
    await withoutTrace(service, async () => {
      using socket = await RawSocket.open(service.port);
      socket.send(requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length)], BODY.slice(0, 10)));
      socket.reset();
      await socket.untilClosed();
    });
  });

  it("a caller that hangs up in the middle of its body leaves nothing behind", async () => {
    await withoutTrace(service, async () => {
      using socket = await RawSocket.open(service.port);
      socket.send(requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length)], BODY.slice(0, 10)));
      socket.finish();
      await socket.untilClosed();
    });
  });

  it("a caller that resets before the answer finds its decision again by its requestId", async () => {
    const body = JSON.stringify({ programId: PROGRAM, userId: "u42", requestId: "lost-answer" });
    using socket = await RawSocket.open(service.port);
    socket.send(requestText(DECIDE, [HOST, JSON_TYPE, length(body.length)], body));
    socket.reset();
    await socket.untilClosed();
    const [first, second] = [await service.decide(JSON.parse(body)), await service.decide(JSON.parse(body))];
    expect(second.text).toBe(first.text);
    expect((await service.records()).filter(({ requestId }) => requestId === "lost-answer")).toHaveLength(1);
  });
});

describe("more than one request in the bytes", () => {
  it("200 pipelined requests are answered in order", async () => {
    const requests = Array.from({ length: 200 }, (_, i) => {
      const body = JSON.stringify({ programId: PROGRAM, userId: `pipelined-${i}` });
      return requestText(DECIDE, [HOST, JSON_TYPE, length(body.length), ...(i === 199 ? [CLOSE] : [])], body);
    });
    const { text } = await exchange(service.port, requests.join(""));
    expect([...text.matchAll(/"userId":"pipelined-(\d+)"/g)].map(([, i]) => Number(i))).toEqual(
      Array.from({ length: 200 }, (_, i) => i),
    );
  });

  it("a Content-Length smaller than the body: what is left over is no request", async () => {
    const bytes = requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length)], `${BODY}${SECRET}`);
    const answer = await exchange(service.port, bytes);
    expect(answer.text).toMatch(/HTTP\/1\.1 400 .*"malformed_http"/s);
    expect(answer.text).not.toContain(SECRET);
    await withoutTrace(service, async () => undefined);
  });
});

describe("what HTTP allows and the service does not", () => {
  it("a wish to upgrade is not heard", async () => {
    const bytes = requestText("GET /health/live HTTP/1.1", [HOST, "Upgrade: websocket", "Connection: Upgrade, close"]);
    const answer = await exchange(service.port, bytes);
    expect(answer.status).toBe(200);
    expect(answer.text).not.toMatch(/upgrade:/i);
  });

  it("an expectation other than 100-continue gets 417", async () => {
    const bytes = requestText(DECIDE, [HOST, JSON_TYPE, length(BODY.length), "Expect: banana", CLOSE], BODY);
    expect((await exchange(service.port, bytes)).status).toBe(417);
  });

  it("CONNECT gets no tunnel", async () => {
    const answer = await exchange(service.port, requestText("CONNECT example.org:443 HTTP/1.1", [HOST]));
    expect(answer.status === null || answer.status >= 400).toBe(true);
  });

  it("forged forwarding headers and injected request ids are not believed and not repeated", async () => {
    const headers = [
      HOST,
      `X-Request-Id: ${SECRET}%0d%0aX-Evil:1`,
      `X-Forwarded-For: ${SECRET}`,
      `Forwarded: for=${SECRET}`,
      CLOSE,
    ];
    const answer = await exchange(service.port, requestText("GET /nowhere HTTP/1.1", headers));
    expectProblem(answer.body, "not_found");
    expect(answer.text).not.toContain(SECRET);
  });
});
