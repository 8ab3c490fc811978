/** What becomes of evaluations whose process does not do as it should: real processes, which run something else. */
import { writeFile } from "node:fs/promises";
import { constants } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";
import { EvaluationFolder } from "../../src/adapters/file/evaluation-folder.ts";
import { evaluateInChild } from "../../src/compose/evaluation-child.ts";
import { PROGRAM } from "../support/service.ts";
import { temporaryFolder } from "../support/program-fixtures.ts";
import { HAS_IDLE, IDLE, INHERITED, POLICY } from "../support/scheduling.ts";

const FOREVER = "setInterval(() => {}, 1_000);";
/** Tells as the reason of a failure what it sees. */
const telling = (expression: string) =>
  `import fs from "node:fs"; import os from "node:os"; process.send({ kind: "failed", code: "internal", detail: JSON.stringify(${expression}) });`;

/** Runs the program as if it were the evaluation. */
async function started(program: string) {
  const out = await temporaryFolder();
  const entryPoint = join(out, "program.mjs");
  await writeFile(entryPoint, program);
  const shares: number[] = [];
  const crashes: string[] = [];
  const first = Promise.withResolvers<void>();
  const job = evaluateInChild(
    { DATA_DIR: out, MODELS_DIR: out, PROGRAMS_DIR: out },
    {
      entryPoint,
      request: { programId: PROGRAM, candidate: "" },
      paths: new EvaluationFolder(out).pathsOf("1"),
      onRead: (share) => {
        shares.push(share);
        first.resolve();
      },
      onCrash: (lastWords) => crashes.push(lastWords),
    },
  );
  return { job, shares, crashes, first: first.promise };
}

it("ends a process that tells what no evaluation tells", async () => {
  const { job, crashes } = await started(`process.send({ kind: "read", share: "all" }); ${FOREVER}`);
  expect(await job.ended).toEqual({
    kind: "failed",
    code: "evaluation_failed",
    detail: "Its process ended by SIGTERM",
  });
  expect(crashes).toEqual(["it told what no evaluation tells"]);
});

it("tells operators, and nobody else, what a process says that crashes", async () => {
  const { job, crashes } = await started('throw new Error("secret trouble");');
  const ending = await job.ended;
  expect(ending).toEqual({ kind: "failed", code: "evaluation_failed", detail: "Its process ended by exit code 1" });
  expect(crashes.join("")).toContain("secret trouble");
});

it("kills a process that does not end when it is told to", async () => {
  const stubborn = `process.on("SIGTERM", () => {}); process.send({ kind: "read", share: 0.5 }); ${FOREVER}`;
  const { job, shares, crashes, first } = await started(stubborn);
  await first;
  job.stop();
  expect(await job.ended).toMatchObject({ kind: "failed", detail: "Its process ended by SIGKILL" });
  expect({ shares, crashes }).toEqual({ shares: [0.5], crashes: [] });
});

it("ends a process that is stopped before it has begun", async () => {
  const { job } = await started(FOREVER);
  job.stop();
  expect(await job.ended).toMatchObject({ kind: "failed", detail: "Its process ended by SIGTERM" });
});

it("runs idle where that can be had, at the lowest priority, and without the service's secrets", async () => {
  const seen = `[${POLICY}, os.getPriority(), ...Object.keys(process.env).toSorted()]`;
  const { job } = await started(telling(seen));
  const ending = await job.ended;
  const [policy, priority, ...names] = z
    .array(z.unknown())
    .parse(JSON.parse(ending.kind === "failed" ? ending.detail : ""));
  expect(policy).toBe(HAS_IDLE ? IDLE : INHERITED);
  expect(priority).toBe(constants.priority.PRIORITY_LOW);
  // Some of its own a shell may set.
  const shells = new Set(["PWD", "SHLVL", "_"]);
  expect(names.filter((name) => !shells.has(String(name)))).toEqual([
    "DATA_DIR",
    "MODELS_DIR",
    "PROGRAMS_DIR",
    "TMPDIR",
  ]);
});

it("fails where there is no place for what does not fit in memory", async () => {
  const out = await temporaryFolder();
  const crashes: string[] = [];
  await writeFile(join(out, "in-the-way"), "");
  const task = {
    entryPoint: "",
    request: { programId: PROGRAM, candidate: "" },
    paths: new EvaluationFolder(out).pathsOf("in-the-way"),
    onRead: () => undefined,
    onCrash: (said: string) => crashes.push(said),
  };
  expect(await evaluateInChild({ DATA_DIR: out, MODELS_DIR: out, PROGRAMS_DIR: out }, task).ended).toMatchObject({
    kind: "failed",
    detail: "Its process could not be started",
  });
  expect(crashes.join("")).toMatch(/ENOTDIR/);
});
