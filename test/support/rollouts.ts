/** Programs and models in a folder of their own, and reports that say what a test needs them to say. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf } from "../../src/adapters/file/read-program.ts";
import { composeRollout } from "../../src/compose/rollout.ts";
import { AuditEntry } from "../../src/contract/audit.ts";
import { EVALUATION_REPORT_EXAMPLE } from "../../src/contract/evaluation-report-example.ts";
import type { EvaluationReport } from "../../src/contract/evaluation-report.ts";
import { type Ending, run } from "./command-line.ts";
import type { ModelsDirectory } from "./model-folders.ts";
import { TINY_PROGRAM, TINY_YAML, tinyModels } from "./tiny-program.ts";

/** The tiny program as its nth version. */
export function version(number: number): string {
  return TINY_YAML.replace("version: 1", `version: ${number}`);
}

export function digest(yaml: string): string {
  return digestOf(Buffer.from(yaml));
}

export class RolloutWorld {
  readonly root: string;
  readonly programsDir: string;
  readonly models: ModelsDirectory;

  private constructor(root: string, models: ModelsDirectory) {
    this.root = root;
    this.programsDir = join(root, "programs");
    this.models = models;
  }

  /** With version 1 of the tiny program. */
  static async create(): Promise<RolloutWorld> {
    const world = new RolloutWorld(await mkdtemp(join(tmpdir(), "liftgate-rollout-")), await tinyModels());
    await mkdir(world.programsDir);
    await world.put(version(1));
    return world;
  }

  get environment(): Readonly<Record<string, string>> {
    return { MODELS_DIR: this.models.path, PROGRAMS_DIR: this.programsDir, DATA_DIR: join(this.root, "data") };
  }

  put(yaml: string): Promise<void> {
    return writeFile(join(this.programsDir, `${TINY_PROGRAM}.yaml`), yaml);
  }

  live(): Promise<string> {
    return readFile(join(this.programsDir, `${TINY_PROGRAM}.yaml`), "utf8");
  }

  /** A report of a candidate that may ship, over what is live, made now. */
  async report(candidate: string): Promise<EvaluationReport> {
    const models = [{ name: "tiny", version: "1", digest: await this.#modelDigest() }];
    const named = (yaml: string) => ({
      program: { id: TINY_PROGRAM, version: Number(/version: (\d+)/.exec(yaml)?.[1]), digest: digest(yaml) },
      models,
      lambda: 0.31,
    });
    return {
      ...EVALUATION_REPORT_EXAMPLE,
      createdAt: new Date().toISOString(),
      candidate: named(candidate),
      incumbent: { ...named(await this.live()), lambda: null },
    };
  }

  async #modelDigest(): Promise<string> {
    const parts = composeRollout({ MODELS_DIR: this.models.path, PROGRAMS_DIR: this.programsDir });
    const text = await parts.store.live(TINY_PROGRAM);
    if (text?.ok !== true) throw new Error("expected the tiny program to be live");
    return (await parts.check(text.value)).models.get("tiny@1") ?? "";
  }

  /** `promote` of a candidate on a report. */
  async promote(candidate: string, report: unknown, ...more: readonly string[]): Promise<Ending> {
    const files = { candidate: join(this.root, "candidate.yaml"), report: join(this.root, "report.json") };
    await writeFile(files.candidate, candidate);
    await writeFile(files.report, typeof report === "string" ? report : JSON.stringify(report));
    return await run(
      ["promote", "--candidate", files.candidate, "--report", files.report, "--by", "tester", ...more],
      this.environment,
    );
  }

  /** Every line of the audit log, each checked against its schema. */
  async audit(): Promise<readonly AuditEntry[]> {
    if (!(await readdir(this.programsDir)).includes(".rollout")) return [];
    if (!(await readdir(join(this.programsDir, ".rollout"))).includes("audit.ndjson")) return [];
    const text = await readFile(join(this.programsDir, ".rollout", "audit.ndjson"), "utf8");
    return text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => AuditEntry.parse(JSON.parse(line)));
  }

  async remove(): Promise<void> {
    await this.models.remove();
    await rm(this.root, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.remove();
  }
}
