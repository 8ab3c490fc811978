/** The real service in this process, on a free port, with its files in a folder of its own. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Logger, pino } from "pino";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments } from "../../src/adapters/file/segment-name.ts";
import { type Service, startService } from "../../src/cli/serve.ts";
import { Record } from "../../src/contract/record.ts";
import type { DecisionRecord } from "../../src/core/domain/record.ts";
import { readConfig } from "../../src/ops/config.ts";

const REPOSITORY = fileURLToPath(new URL("../..", import.meta.url));
const SHIPPED_MODELS = join(REPOSITORY, "models");
export const SHIPPED_PROGRAMS = join(REPOSITORY, "programs");
export const PROGRAM = "hillstrom-email";

/** One real-looking customer under the shipped model's contract. */
export const CUSTOMER = {
  recency: 6,
  history_segment: "3) $200 - $350",
  history: 329.08,
  mens: 1,
  womens: 1,
  zip_code: "Rural",
  newbie: 1,
  channel: "Web",
} as const;

export interface TestServiceOptions {
  /** Over the defaults: shipped models and programs, embedded stores. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Program files by id, instead of the shipped ones. */
  readonly programs?: Readonly<Record<string, string>>;
  /** Quiet unless given. */
  readonly logger?: Logger;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is not JSON. */
  readonly json: unknown;
}

export interface Sending {
  /** Serialized as JSON; a string or bytes go as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Starts the service. Call `stop` when done, or declare it with `await using`. */
export async function startTestService(options: TestServiceOptions = {}): Promise<TestService> {
  const root = await mkdtemp(join(tmpdir(), "liftgate-service-"));
  const programsDir = options.programs === undefined ? SHIPPED_PROGRAMS : join(root, "programs");
  if (options.programs !== undefined) await mkdir(programsDir);
  for (const [id, yaml] of Object.entries(options.programs ?? {}))
    await writeFile(join(programsDir, `${id}.yaml`), yaml);
  const config = readConfig({
    PORT: "0",
    MODELS_DIR: SHIPPED_MODELS,
    PROGRAMS_DIR: programsDir,
    DATA_DIR: join(root, "data"),
    ...options.environment,
  });
  try {
    const service = await startService(config, options.logger ?? pino({ level: "silent" }));
    return new TestService(service, { root, programsDir: config.PROGRAMS_DIR, dataDir: config.DATA_DIR });
  } catch (error) {
    await rm(root, { recursive: true, force: true });
    throw error;
  }
}

interface Folders {
  readonly root: string;
  readonly programsDir: string;
  readonly dataDir: string;
}

export class TestService {
  readonly url: string;
  readonly adminUrl: string;
  readonly programsDir: string;
  readonly dataDir: string;
  readonly #service: Service;
  readonly #root: string;
  #stopped: Promise<void> | undefined;

  constructor(service: Service, { root, programsDir, dataDir }: Folders) {
    this.url = service.url;
    this.adminUrl = service.adminUrl;
    this.programsDir = programsDir;
    this.dataDir = dataDir;
    this.#service = service;
    this.#root = root;
  }

  get composition(): Service["composition"] {
    return this.#service.composition;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  /** Sends one request to the API, or to any absolute address. */
  async call(method: string, address: string, { body, headers = {} }: Sending = {}): Promise<Answer> {
    const response = await fetch(new URL(address, this.url), {
      method,
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      ...(body !== undefined && { body: bytesOf(body) }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parsed(text) };
  }

  decide(body: object, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    return this.call("POST", "/v1/decide", { body, headers });
  }

  /** Writes the features of users, observed now. */
  putFeatures(features: Readonly<Record<string, unknown>>, ...userIds: readonly string[]): Promise<Answer> {
    return this.call("PUT", "/v1/features", { body: { users: userIds.map((userId) => ({ userId, features })) } });
  }

  /** Every line of the decision log, each checked against the published schema, in order. */
  async records(): Promise<readonly DecisionRecord[]> {
    const records: DecisionRecord[] = [];
    for await (const entry of readSegments(await this.segments())) {
      if (entry.kind !== "record") throw new Error(`expected a record, got ${entry.kind}`);
      records.push(Record.parse(entry.record));
    }
    return records;
  }

  /** The decision log's files, oldest first. */
  async segments(): Promise<readonly string[]> {
    return (await listSegments(join(this.dataDir, "decisions"), "decisions")).map(({ path }) => path);
  }

  /** Drains, closes and flushes; keeps the files until `stop`. */
  shutDown(): Promise<void> {
    return (this.#stopped ??= this.#service.stop());
  }

  async stop(): Promise<void> {
    await this.shutDown();
    await rm(this.#root, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

function bytesOf(body: unknown): string | Uint8Array<ArrayBuffer> {
  if (body instanceof Uint8Array) return Uint8Array.from(body);
  return typeof body === "string" ? body : JSON.stringify(body);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
