/** Health, and stopping without turning anybody away. */
import { describe, expect, it } from "vitest";
import { Problem } from "../../src/contract/problem.ts";
import { RawSocket } from "../support/raw-socket.ts";
import { expectProblem } from "../support/refusal.ts";
import { CUSTOMER, PROGRAM, startTestService, type TestService } from "../support/service.ts";

const CALLERS = 16;

describe("health", () => {
  it("is live and ready once it listens", async () => {
    await using service = await startTestService();
    for (const address of ["/health/live", "/health/ready"]) {
      expect((await service.call("GET", address)).json).toEqual({ status: "ok" });
    }
  });

  it("is live and ready without any model, and then decides no_offer", async () => {
    await using service = await startTestService({ environment: { MODELS_DIR: "/nowhere/models" } });
    expect((await service.call("GET", "/health/ready")).status).toBe(200);
    const { json } = await service.decide({ programId: PROGRAM, userId: "u" });
    expect(json).toMatchObject({ action: "no_offer", propensity: 1, status: "safe_default" });
  });
});

describe("stopping under load", () => {
  /** A caller behind a load balancer: calls on while the service says that it is ready. */
  async function callWhileReady(
    service: TestService,
    isReady: () => boolean,
    onDone: (status: number) => void,
  ): Promise<void> {
    while (isReady()) onDone((await service.decide({ programId: PROGRAM, userId: "u" })).status);
  }

  /** Asks until the answer is 503; resolves with that answer. */
  async function untilNotReady(service: TestService): Promise<Problem> {
    for (;;) {
      const { status, headers, text } = await service.call("GET", "/health/ready");
      if (status === 200) continue;
      expect([status, headers.get("retry-after"), headers.get("connection")]).toEqual([503, "1", "close"]);
      return expectProblem(text, "draining");
    }
  }

  it("says not ready first, stays live, fails no call, and loses no decision", async () => {
    await using service = await startTestService();
    await service.putFeatures(CUSTOMER, "u");
    const statuses: number[] = [];
    let ready = true;
    let warm: () => void = () => undefined;
    const warmedUp = new Promise<void>((resolve) => (warm = resolve));
    const callers = Array.from({ length: CALLERS }, () =>
      callWhileReady(
        service,
        () => ready,
        (status) => {
          if (statuses.push(status) === 10 * CALLERS) warm();
        },
      ),
    );
    await warmedUp;
    const stopped = service.shutDown();
    const problem = await untilNotReady(service);
    const live = await service.call("GET", "/health/live");
    const late = await service.decide({ programId: PROGRAM, userId: "u" });
    ready = false;
    await Promise.all(callers);
    await stopped;

    expect(problem.fallback).toEqual({ action: "no_offer" });
    expect([live.status, late.status]).toEqual([200, 200]);
    expect(late.headers.get("connection")).toBe("close");
    expect(statuses.filter((status) => status !== 200)).toEqual([]);
    expect(await service.records()).toHaveLength(statuses.length + 1);
    await expect(service.call("GET", "/health/live")).rejects.toThrow("fetch failed");
  });

  it.each([
    ["nothing", ""],
    ["half of a head", "POST /v1/decide HTTP/1.1\r\nHost: x\r\n"],
    [
      "half of a body",
      "POST /v1/decide HTTP/1.1\r\nHost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
    ],
  ])("a connection on which %s was sent does not hold it up", async (_, text) => {
    await using service = await startTestService();
    using socket = await RawSocket.open(service.port);
    socket.send(text);
    // Accepted before it: the service has the other connection by now.
    await service.call("GET", "/health/live");
    await service.shutDown();
    expect((await socket.untilClosed()).status).toBeNull();
  });

  it("a port that is taken is an error that leaves nothing open", async () => {
    await using service = await startTestService();
    await expect(startTestService({ environment: { PORT: String(service.port) } })).rejects.toMatchObject({
      code: "EADDRINUSE",
    });
  });
});
