/** The service as a process: signals. */
import { describe, expect, it } from "vitest";
import { CommandLine, type Ending } from "../support/command-line.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { startRedisServer } from "../support/redis-server.ts";

const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;

/** A process that does not stop by itself within 10 s ends with 1. */
function stopped(service: CommandLine, signal: NodeJS.Signals): Promise<Ending> {
  service.signal(signal);
  return service.ended();
}

describe("serve", () => {
  it.each<NodeJS.Signals>(["SIGTERM", "SIGINT"])(
    "drains and ends with 0 on %s, with an open connection",
    async (signal) => {
      const service = new CommandLine(["serve"], { PORT: "0", DATA_DIR: await temporaryFolder() });
      const [, url = ""] = await service.printed(LISTENING);
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      const { code, stdout } = await stopped(service, signal);
      expect([code, stdout]).toEqual([0, expect.stringContaining('"msg":"stopped"')]);
    },
  );

  it("ends with 0 on SIGTERM while Redis is connected, and while it is gone", async () => {
    await using redis = await startRedisServer();
    const environment = async () => ({ PORT: "0", DATA_DIR: await temporaryFolder(), REDIS_URL: redis.url });
    const connected = new CommandLine(["serve"], await environment());
    await connected.printed(LISTENING);
    expect((await stopped(connected, "SIGTERM")).code).toBe(0);

    await redis.kill();
    const alone = new CommandLine(["serve"], await environment());
    await alone.printed(LISTENING);
    expect((await stopped(alone, "SIGTERM")).code).toBe(0);
  });

  it("reads its files again on SIGHUP", async () => {
    const service = new CommandLine(["serve"], { PORT: "0", DATA_DIR: await temporaryFolder() });
    await service.printed(LISTENING);
    service.signal("SIGHUP");
    await service.printed(/"kind":"models","id":"hillstrom-email\/1","outcome":"unchanged"/);
    expect((await stopped(service, "SIGTERM")).code).toBe(0);
  });

  it("a DATA_DIR that is in use ends with 1 and names the process that uses it; after kill -9 it is free", async () => {
    const environment = { PORT: "0", DATA_DIR: await temporaryFolder() };
    const first = new CommandLine(["serve"], environment);
    await first.printed(LISTENING);
    const { code, stderr } = await new CommandLine(["serve"], environment).ended();
    const words = `${environment.DATA_DIR} is in use by process ${first.pid} on `;
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);

    await stopped(first, "SIGKILL");
    const second = new CommandLine(["serve"], environment);
    await second.printed(LISTENING);
    expect((await stopped(second, "SIGTERM")).code).toBe(0);
  });

  it("a port that is taken ends with 1 and says so", async () => {
    const first = new CommandLine(["serve"], { PORT: "0", DATA_DIR: await temporaryFolder() });
    const [, url = ""] = await first.printed(LISTENING);
    const second = new CommandLine(["serve"], { PORT: new URL(url).port, DATA_DIR: await temporaryFolder() });
    const { code, stderr } = await second.ended();
    expect([code, stderr]).toEqual([1, expect.stringContaining("EADDRINUSE")]);
    await stopped(first, "SIGTERM");
  });
});
