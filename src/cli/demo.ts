import { rm } from "node:fs/promises";
import { Presets, SingleBar } from "cli-progress";
import type { Command } from "commander";
import { composeReplay } from "../compose.ts";
import type { DecideAnswer } from "../contract/decide.ts";
import { readConfig } from "../ops/config.ts";
import { createLogger } from "../ops/logger.ts";
import { type Customer, readCustomers } from "./demo/customers.ts";
import { DemoClient } from "./demo/client.ts";
import { summaryOf } from "./demo/summary.ts";
import { replayAll, segmentsIn } from "./replay.ts";
import { type Service, startService } from "./serve.ts";

const DATA_DIR = "./data/demo";
const PROGRAM = "hillstrom-email";
/** Feature rows in one PUT; decisions under way at once. */
const UPLOAD_ROWS = 500;
const DECISIONS_AT_ONCE = 16;

export function addDemoCommand(program: Command): void {
  program
    .command("demo")
    .description("Decide for a sample of real Hillstrom customers with the shipped model, then stay up")
    .option("--customers <n>", "customers to load", "2000")
    .option("--decisions <n>", "decisions to make", "400")
    .option("--once", "stop after the summary")
    .action(async (options: { customers: string; decisions: string; once?: boolean }) => {
      const service = await startDemo();
      try {
        await showDecisions(service, Number(options.customers), Number(options.decisions));
      } catch (error) {
        await service.stop();
        throw error;
      }
      if (options.once === true) return service.stop();
      console.log(
        `The service stays up: docs at ${service.url}/docs, metrics at ${service.url}/metrics. Ctrl-C stops it.`,
      );
      process.once("SIGINT", () => void service.stop());
      process.once("SIGTERM", () => void service.stop());
    });
}

/** The service with embedded stores, on its usual port or any free one. */
async function startDemo(): Promise<Service> {
  await rm(DATA_DIR, { recursive: true, force: true });
  const config = readConfig({ ...process.env, DATA_DIR, REDIS_URL: undefined, LOG_LEVEL: "warn" });
  const logger = createLogger(config.LOG_LEVEL);
  try {
    return await startService(config, logger);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EADDRINUSE")) throw error;
    console.log(`Port ${config.PORT} is taken; using a free one.`);
    return startService({ ...config, PORT: 0 }, logger);
  }
}

async function showDecisions(service: Service, customerCount: number, decisionCount: number): Promise<void> {
  const client = new DemoClient(service.url);
  const customers = await readCustomers(await client.features(PROGRAM), customerCount);
  await loadCustomers(client, customers);
  const answers = await decideForAll(client, customers.slice(0, decisionCount));
  console.log(summaryOf(answers, customers));

  const segments = await segmentsIn([`${DATA_DIR}/decisions`]);
  const { identical, different } = await replayAll(composeReplay(readConfig({ DATA_DIR })), segments);
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
