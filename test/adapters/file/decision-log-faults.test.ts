import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getuid } from "node:process";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readSegments } from "../../../src/adapters/file/read-segments.ts";
import { type CreateSegmentFile, createSegmentFile, type SegmentFile } from "../../../src/adapters/file/segment.ts";
import { listSegments } from "../../../src/adapters/file/segment-name.ts";
import {
  idAt,
  logIn,
  LogWitness,
  recordOf,
  recordsIn,
  START_MS,
  TestDirectory,
} from "../../support/decision-log-files.ts";

const SEED = 20261121;
const record = (number: number, bytes = 0): string => recordOf(idAt(START_MS, number), bytes);

describe("a log that cannot be written", () => {
  it("refuses on a full device with the system's code, and recovers on the next append", async () => {
    using directory = new TestDirectory();
    const observer = new LogWitness();
    const devices = ["/dev/full"];
    const log = logIn(directory.path, {
      observer,
      createFile: async (path, durability) => onDevice(await createSegmentFile(path, durability), devices.pop()),
    });
    await expect(log.append(record(1))).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringMatching(/ENOSPC$/),
    });
    expect(observer.failures).toMatchObject([{ cause: { code: "ENOSPC" }, refusedLines: 1 }]);
    expect(readdirSync(directory.path)).toEqual([]);
    await log.append(record(2));
    await log.close();
    expect(await recordsIn(directory.path)).toEqual([record(2)]);
  });

  it("refuses every line that waits behind the one that failed, and writes those that come later", async () => {
    using directory = new TestDirectory();
    const observer = new LogWitness();
    const reached = Promise.withResolvers<void>();
    const failure = Promise.withResolvers<never>();
    const creations: CreateSegmentFile[] = [
      () => {
        reached.resolve();
        return failure.promise;
      },
    ];
    const log = logIn(directory.path, {
      observer,
      createFile: (path, durability) => (creations.pop() ?? createSegmentFile)(path, durability),
    });
    const first = log.append(record(0));
    await reached.promise;
    const appends = [first, ...Array.from({ length: 10 }, (_, i) => log.append(record(i + 1)))];
    failure.reject(systemError("ENOSPC"));
    const settled = await Promise.allSettled(appends);
    expect(settled.map((result) => result.status)).toEqual(Array(11).fill("rejected"));
    expect(observer.failures).toMatchObject([{ refusedLines: 11 }]);
    await log.append(record(100));
    await log.close();
    expect(await recordsIn(directory.path)).toEqual([record(100)]);
  });

  it("recovers when a file that stood in the directory's place is gone", async () => {
    using parent = new TestDirectory();
    const directory = join(parent.path, "decisions");
    writeFileSync(directory, "");
    const log = logIn(directory);
    await expect(log.append(record(1))).rejects.toMatchObject({ code: "log_unavailable" });
    rmSync(directory);
    await log.append(record(2));
    await log.close();
    expect(await recordsIn(directory)).toEqual([record(2)]);
  });

  it("acknowledges nothing into a directory that was deleted, and makes it again", async () => {
    using parent = new TestDirectory();
    const directory = join(parent.path, "data", "decisions");
    const log = logIn(directory, { durability: "power" });
    await log.append(record(1));
    rmSync(directory, { recursive: true });
    await expect(log.append(record(2))).rejects.toMatchObject({ code: "log_unavailable" });
    await log.append(record(3));
    await log.close();
    expect(await recordsIn(directory)).toEqual([record(3)]);
  });
});

// Mounting needs root; /dev/full above shows the same errors to everybody else.
describe.skipIf(getuid?.() !== 0)("a log on a small file system", () => {
  let mount = "";
  beforeEach(() => {
    mount = mkdtempSync(join(tmpdir(), "liftgate-small-"));
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", mount]);
  });
  afterEach(() => {
    execFileSync("umount", [mount]);
    rmSync(mount, { recursive: true });
  });

  it.each(["process", "power"] as const)(
    "%s: fills it, loses nothing it acknowledged, keeps nothing it refused, recovers with space",
    async (durability) => {
      const observer = new LogWitness();
      const ballast = join(mount, "ballast");
      writeFileSync(ballast, Buffer.alloc(128 * 1024));
      const directory = join(mount, "decisions");
      const log = logIn(directory, { durability, observer });
      const acknowledged: string[] = [];
      for (let i = 0; i < 600; i++) {
        const line = record(i, i % 700);
        await log.append(line).then(
          () => acknowledged.push(line),
          () => undefined,
        );
        if (i === 500) rmSync(ballast);
      }
      await log.close();
      expect(observer.failures.length).toBeGreaterThan(0);
      expect(acknowledged.at(-1)).toBe(record(599, 599));
      expect(await recordsIn(directory)).toEqual(acknowledged);
    },
  );

  it("refuses while it is read-only and recovers when it is not", async () => {
    const directory = join(mount, "decisions");
    mkdirSync(directory);
    execFileSync("mount", ["-o", "remount,ro", mount]);
    const log = logIn(directory);
    await expect(log.append(record(1))).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringMatching(/EROFS$/),
    });
    execFileSync("mount", ["-o", "remount,rw", mount]);
    await log.append(record(2));
    await log.close();
    expect(await recordsIn(directory)).toEqual([record(2)]);
  });
});

type Fault = "none" | "create" | "write" | "short write" | "datasync" | "deleted";

describe("under random faults", () => {
  it("holds exactly the acknowledged records, in order, and finds each", async () => {
    const fault = fc.constantFrom<Fault>(
      "none",
      "none",
      "none",
      "create",
      "write",
      "short write",
      "datasync",
      "deleted",
    );
    const groups = fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fault, { minLength: 1, maxLength: 40 }),
        groups,
        fc.constantFrom("process" as const, "power" as const),
        async (faults, sizes, durability) => {
          using directory = new TestDirectory();
          const plan = [...faults];
          const log = logIn(directory.path, {
            durability,
            segmentBytesMax: 500,
            createFile: faulty(() => plan.shift() ?? "none"),
          });
          const acknowledged: string[] = [];
          let number = 0;
          for (const size of sizes) {
            const lines = Array.from({ length: size }, () => record(number++));
            const settled = await Promise.allSettled(lines.map((line) => log.append(line)));
            acknowledged.push(...lines.filter((_, i) => settled[i]?.status === "fulfilled"));
          }
          await log.close();
          expect(await recordsIn(directory.path)).toEqual(acknowledged);
          for (const line of acknowledged) expect(await log.find(String(JSON.parse(line).decisionId))).toBe(line);
        },
      ),
      { seed: SEED, numRuns: 60 },
    );
  });

  it("leaves a torn record at the end of its segment when it cannot be cut off, and goes on in another", async () => {
    using directory = new TestDirectory();
    const plan: Fault[] = ["none", "none", "write"];
    const create = faulty(() => plan.shift() ?? "none");
    const createFile: CreateSegmentFile = async (path, durability) => ({
      ...(await create(path, durability)),
      truncate: () => Promise.reject(systemError("EIO")),
    });
    const log = logIn(directory.path, { createFile });
    await log.append(record(1));
    await expect(log.append(record(2))).rejects.toMatchObject({ code: "log_unavailable" });
    await log.append(record(3));
    await log.close();
    const kinds: string[] = [];
    for await (const entry of readSegments((await listSegments(directory.path, "decisions")).map(({ path }) => path)))
      kinds.push(entry.kind);
    expect(kinds).toEqual(["record", "torn", "record"]);
    expect(await recordsIn(directory.path)).toEqual([record(1), record(3)]);
  });

  it("never takes a failed fdatasync for a success, even when the next one would succeed", async () => {
    using directory = new TestDirectory();
    const plan: Fault[] = ["none", "none", "datasync"];
    const observer = new LogWitness();
    const log = logIn(directory.path, {
      durability: "power",
      observer,
      createFile: faulty(() => plan.shift() ?? "none"),
    });
    await log.append(record(1));
    await expect(log.append(record(2))).rejects.toMatchObject({
      code: "log_unavailable",
      message: expect.stringMatching(/EIO$/),
    });
    await log.append(record(3));
    await log.close();
    expect(observer.opened).toHaveLength(2);
    expect(await recordsIn(directory.path)).toEqual([record(1), record(3)]);
  });
});

/** Real files whose calls fail as `nextFault` says: one fault is drawn per creation and per write. */
function faulty(nextFault: () => Fault): CreateSegmentFile {
  return async (path, durability) => {
    if (nextFault() === "create") throw systemError("EACCES");
    const file = await createSegmentFile(path, durability);
    let fault: Fault = "none";
    return {
      ...file,
      write: async (bytes) => {
        fault = nextFault();
        if (fault !== "write" && fault !== "short write") return file.write(bytes);
        const taken = await file.write(bytes.subarray(0, Math.ceil(bytes.length / 2)));
        if (fault === "write") throw systemError("EIO");
        return taken;
      },
      datasync: async () => {
        const failed = fault === "datasync";
        // As Linux does: the error is told once, and a second call says all is well.
        fault = "none";
        if (failed) throw systemError("EIO");
        await file.datasync();
      },
      linkCount: () => (fault === "deleted" ? 0 : file.linkCount()),
    };
  };
}

/** The same file, but its writes go to a device. */
function onDevice(file: SegmentFile, device: string | undefined): SegmentFile {
  if (device === undefined) return file;
  return {
    ...file,
    write: async (bytes) => {
      writeFileSync(device, bytes);
      return bytes.length;
    },
  };
}

function systemError(code: string): Error {
  return Object.assign(new Error(code), { code });
}
