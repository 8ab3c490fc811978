import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { pino } from "pino";
import { z } from "zod";
import { compose } from "../compose/service.ts";
import { EvaluationReport } from "../contract/evaluation-report.ts";
import { Golden, Manifest } from "../contract/manifest.ts";
import { OutcomeLine } from "../contract/outcome-record.ts";
import { ProgramFile } from "../contract/program-file.ts";
import { Record as DecisionRecord } from "../contract/record.ts";
import { buildServer } from "../http/server.ts";
import { readConfig } from "../ops/config.ts";
import { ENTRY_POINTS } from "./entry-points.ts";

/** The files' schemas that are published: what is written by hand or by other programs, and every log line. */
const FILE_SCHEMAS = {
  "decision-record.schema.json": DecisionRecord,
  "outcome-record.schema.json": OutcomeLine,
  "evaluation-report.schema.json": EvaluationReport,
  "model-manifest.schema.json": Manifest,
  "model-golden.schema.json": Golden,
  "program.schema.json": ProgramFile,
} as const;

export function addOpenapiCommand(program: Command): void {
  program
    .command("openapi")
    .description("Write the OpenAPI document and the JSON Schemas of files and log lines")
    .option("--out <dir>", "folder to write into", "openapi")
    .action(async ({ out }: { out: string }) => {
      await mkdir(out, { recursive: true });
      for (const [name, text] of await publishedDocuments()) await writeFile(join(out, name), text);
    });
}

/** Every published document by file name, the same bytes for the same code. */
export async function publishedDocuments(): Promise<ReadonlyMap<string, string>> {
  const documents = new Map([["openapi.json", textOf(await openApiDocument())]]);
  for (const [name, schema] of Object.entries(FILE_SCHEMAS)) {
    documents.set(name, textOf(z.toJSONSchema(schema, { io: "input" })));
  }
  return documents;
}

function textOf(document: object): string {
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** The document of a server that never listens, over empty folders: it depends on the code alone. */
async function openApiDocument(): Promise<object> {
  const empty = await mkdtemp(join(tmpdir(), "liftgate-openapi-"));
  try {
    const config = readConfig({ MODELS_DIR: empty, PROGRAMS_DIR: empty, DATA_DIR: join(empty, "data") });
    const logger = pino({ level: "silent" });
    const composition = await compose(config, logger, ENTRY_POINTS);
    const server = await buildServer(composition.backend, { surface: "all", logger, apiKeys: undefined });
    const document = server.swagger();
    await server.close();
    await composition.close();
    return document;
  } finally {
    await rm(empty, { recursive: true, force: true });
  }
}
