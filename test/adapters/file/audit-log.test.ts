import { appendFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { AuditLog } from "../../../src/adapters/file/audit-log.ts";
import { temporaryFolder } from "../../support/program-fixtures.ts";

let path: string;
let log: AuditLog;
beforeEach(async () => {
  path = join(await temporaryFolder(), "audit.ndjson");
  log = new AuditLog(path);
  for (const number of [2, 3, 4]) await log.append(change(number));
});

const change = (version: number) => ({
  time: "2026-11-21T20:00:00Z",
  by: "tester",
  act: "promote" as const,
  program: "spring-mail",
  from: null,
  to: { version, digest: `sha256:${String(version).repeat(64)}` },
  share: 1,
  report: null,
  overruled: [],
  reason: null,
});
const versions = async () => (await log.entries()).map(({ to }) => to.version);
const lines = async () => (await readFile(path, "utf8")).split("\n").slice(0, -1);

describe("the audit log", () => {
  test("keeps what it is told, in order", async () => {
    expect(await versions()).toEqual([2, 3, 4]);
  });

  test("is empty before anything happened", async () => {
    expect(await new AuditLog(join(await temporaryFolder(), "audit.ndjson")).entries()).toEqual([]);
  });

  test("does not read a line that a crash cut short, and puts the next one in its place", async () => {
    await appendFile(path, '{"schema":"liftgate.audit.v1","ti');
    expect(await versions()).toEqual([2, 3, 4]);
    await log.append(change(5));
    expect(await versions()).toEqual([2, 3, 4, 5]);
  });

  test.each([
    ["changed", (all: string[]) => all.with(1, (all[1] ?? "").replace("tester", "nobody")), 3],
    ["taken out", (all: string[]) => all.toSpliced(1, 1), 2],
    ["taken out at the beginning", (all: string[]) => all.slice(1), 1],
    ["put in", (all: string[]) => all.toSpliced(1, 0, all[0] ?? ""), 2],
    ["exchanged", (all: string[]) => [all[0] ?? "", all[2] ?? "", all[1] ?? ""], 2],
    ["not a line of it", (all: string[]) => all.with(2, "changed"), 3],
  ])("tells the line after one that was %s", async (_, tamper, line) => {
    await writeFile(
      path,
      tamper(await lines())
        .map((each) => `${each}\n`)
        .join(""),
    );
    const broken = { code: "audit_log_broken", message: expect.stringContaining(`line ${line} does not follow`) };
    await expect(log.entries()).rejects.toMatchObject(broken);
    await expect(log.append(change(5))).rejects.toMatchObject(broken);
  });
});
