import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { execPath, getuid } from "node:process";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { lockDirectory } from "../../../src/adapters/file/directory-lock.ts";
import { TestDirectory } from "../../support/decision-log-files.ts";

const CHILD = fileURLToPath(new URL("../../support/lock-until-killed.ts", import.meta.url));
/** A container's view: process ids of its own, and a network of its own. */
const CONTAINED = ["unshare", "--pid", "--fork", "--kill-child", "--net", "--uts", "--mount-proc"];

/** A process that holds the lock by the time this resolves. */
async function holderOf(directory: string, wrapper: readonly string[] = []) {
  const [program, ...args] = [...wrapper, execPath, CHILD, directory];
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  return {
    pid: child.pid,
    kill: async () => {
      const ended = once(child, "close");
      child.kill("SIGKILL");
      await ended;
    },
  };
}

describe("the lock of a directory", () => {
  it("refuses a second process, and tells which process on which machine has it", async () => {
    using directory = new TestDirectory();
    const holder = await holderOf(directory.path);
    expect(() => lockDirectory(directory.path)).toThrow(
      `${directory.path} is in use by process ${holder.pid} on ${hostname()} since `,
    );
    await holder.kill();
  });

  it("of a process that was killed is free at once, over and over, and leaves nothing to clean up", async () => {
    using directory = new TestDirectory();
    for (let kill = 0; kill < 3; kill++) {
      const holder = await holderOf(directory.path);
      expect(() => lockDirectory(directory.path)).toThrow("is in use");
      await holder.kill();
    }
    lockDirectory(directory.path).release();
    expect(readdirSync(directory.path)).toEqual(["lock"]);
  });

  it("holds against the same process too, until it is released", () => {
    using directory = new TestDirectory();
    const lock = lockDirectory(directory.path);
    expect(() => lockDirectory(directory.path)).toThrow(`is in use by process ${process.pid} on `);
    lock.release();
    lockDirectory(directory.path).release();
  });

  it("is not disturbed by those who were refused", async () => {
    using directory = new TestDirectory();
    const holder = await holderOf(directory.path);
    for (let attempt = 0; attempt < 3; attempt++) expect(() => lockDirectory(directory.path)).toThrow("is in use");
    await holder.kill();
  });

  it("says what is wrong with a directory that cannot be locked", () => {
    using directory = new TestDirectory();
    const missing = join(directory.path, "nowhere");
    expect(() => lockDirectory(missing)).toThrow(`${missing} cannot be locked (unable to open database file)`);
  });
});

// Namespaces need root. Process 2 of one container must not be taken for process 2 of another.
describe.skipIf(getuid?.() !== 0 || !canContain())("the lock of a volume that containers share", () => {
  it("holds between them, and ends with the one that is killed", async () => {
    using directory = new TestDirectory();
    const holder = await holderOf(directory.path, CONTAINED);
    const other = spawn("unshare", [...CONTAINED.slice(1), execPath, CHILD, directory.path]);
    let said = "";
    other.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = await once(other, "close");
    expect([code, said]).toEqual([1, expect.stringMatching(/is in use by process \d+ on /)]);
    await holder.kill();
    const next = await holderOf(directory.path, CONTAINED);
    await next.kill();
  });
});

function canContain(): boolean {
  try {
    const [program, ...args] = [...CONTAINED, "true"];
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
