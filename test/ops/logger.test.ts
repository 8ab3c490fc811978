import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const LOGGER = fileURLToPath(new URL("../../src/ops/logger.ts", import.meta.url));

/** What a logger of this level writes to standard output, which only a process of its own shows. */
function written(level: string, calls: string): string {
  const script = `import { createLogger } from ${JSON.stringify(LOGGER)}; const logger = createLogger(${JSON.stringify(level)}); ${calls}`;
  return spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" }).stdout;
}

describe("the operators' log", () => {
  it("is JSON lines with the service's name, one line a message whatever is in it", () => {
    const lines = written(
      "info",
      String.raw`logger.info({ id: "a\r\nb\u001b[31m" }, "one\ntwo"); logger.debug("unseen")`,
    )
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ service: "liftgate", msg: "one\ntwo", id: "a\r\nb\u001b[31m" });
  });

  it("leaves out what could identify or authenticate somebody", () => {
    const secret = "do-not-log-me";
    const fields = ["headers", "userId", "authorization", "url", "password"]
      .map((name) => `${name}: "${secret}"`)
      .join(", ");
    const text = written(
      "info",
      `logger.info({ ${fields}, body: { userId: "${secret}" }, req: { headers: { cookie: "${secret}" } } }, "done")`,
    );
    expect(text).toContain('"msg":"done"');
    expect(text).not.toContain(secret);
  });
});
