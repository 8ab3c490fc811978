import { rm } from "node:fs/promises";
import { join } from "node:path";
import { Presets, SingleBar } from "cli-progress";
import { type Command, InvalidArgumentError } from "commander";
import { composeReplay } from "../compose/offline.ts";
import type { DecideAnswer } from "../contract/decide.ts";
import { type Config, readConfig } from "../ops/config.ts";
import { createLogger } from "../ops/logger.ts";
import { type Customer, readCustomers } from "./demo/customers.ts";
import { DemoClient } from "./demo/client.ts";
import { summaryOf } from "./demo/summary.ts";
import { replayAll } from "./replay.ts";
import { type Service, startService } from "./serve.ts";

/** Emptied at every start, so a folder of its own in DATA_DIR. */
const DATA_FOLDER = "demo";
const PROGRAM = "hillstrom-email";
/** Feature rows in one PUT; decisions under way at once. */
const UPLOAD_ROWS = 500;
const DECISIONS_AT_ONCE = 16;

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description("Decide for a sample of real Hillstrom customers with the shipped model, then stay up")
    .option("--customers <n>", "customers to load", wholeNumber, 2_000)
    .option("--decisions <n>", "decisions to make, one customer each", wholeNumber, 400)
    .option("--once", "stop after the summary")
    .action(async ({ customers, decisions, once }: { customers: number; decisions: number; once?: boolean }) => {
      const { service, config } = await startDemo();
      try {
        await showDecisions(service, config, { customers, decisions });
      } catch (error) {
        await service.stop();
        throw error;
      }
      if (once === true) return service.stop();
      console.log(
        `The service stays up: docs at ${service.url}/docs, metrics at ${service.url}/metrics. Ctrl-C stops it.`,
      );
      process.once("SIGINT", () => void service.stop());
      process.once("SIGTERM", () => void service.stop());
    });
}

function wholeNumber(text: string): number {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) throw new InvalidArgumentError("must be a whole number from 1 to 99999.");
  return Number(text);
}

interface Demo {
  readonly service: Service;
  readonly config: Config;
}

/** The service for this machine only, with embedded stores, on its usual port or any free one. */
async function startDemo(): Promise<Demo> {
  const { MODELS_DIR, PROGRAMS_DIR, DATA_DIR, PORT } = readConfig();
  const own = { MODELS_DIR, PROGRAMS_DIR, DATA_DIR: join(DATA_DIR, DATA_FOLDER), LOG_LEVEL: "warn" };
  const config = readConfig({ ...own, PORT: String(PORT) });
  await rm(config.DATA_DIR, { recursive: true, force: true });
  const logger = createLogger(config.LOG_LEVEL);
  try {
    return { service: await startService(config, logger), config };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    console.log(`Port ${PORT} is taken; using a free one.`);
    return { service: await startService({ ...config, PORT: 0 }, logger), config };
  }
}

interface Counts {
  readonly customers: number;
  readonly decisions: number;
}

async function showDecisions(service: Service, config: Config, counts: Counts): Promise<void> {
  const client = new DemoClient(service.url);
  const customers = await readCustomers(await client.features(PROGRAM), counts.customers);
  await loadCustomers(client, customers);
  const answers = await decideForAll(client, customers.slice(0, counts.decisions));
  console.log(summaryOf(answers, customers));

  const log = composeReplay(config);
  const { identical, different } = await replayAll(log, await log.segments([join(config.DATA_DIR, "decisions")]));
  console.log(
    `Replay: ${identical} of ${identical + different} logged decisions decided again from their records, bit for bit.\n`,
  );
  if (different > 0) throw new Error("a logged decision could not be reproduced");
}

async function loadCustomers(client: DemoClient, customers: readonly Customer[]): Promise<void> {
  const bar = new SingleBar({ format: "loading customers  {bar} {value}/{total}" }, Presets.legacy);
  bar.start(customers.length, 0);
  for (let start = 0; start < customers.length; start += UPLOAD_ROWS) {
    const users = customers.slice(start, start + UPLOAD_ROWS);
    await client.putFeatures(users);
    bar.increment(users.length);
  }
  bar.stop();
}

/** Decisions over HTTP, a few at a time; requests are named, so that every run deals the same luck. */
async function decideForAll(client: DemoClient, customers: readonly Customer[]): Promise<readonly DecideAnswer[]> {
  const bar = new SingleBar({ format: "making decisions   {bar} {value}/{total}" }, Presets.legacy);
  bar.start(customers.length, 0);
  const answers: DecideAnswer[] = [];
  for (let start = 0; start < customers.length; start += DECISIONS_AT_ONCE) {
    const wave = customers.slice(start, start + DECISIONS_AT_ONCE);
    answers.push(...(await Promise.all(wave.map(({ userId }) => client.decide(PROGRAM, userId, `demo-${userId}`)))));
    bar.increment(wave.length);
  }
  bar.stop();
  return answers;
}
