/** The servers that are compared, on one Redis with the same users, each in a process of its own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { DemoClient } from "../src/cli/demo/client.ts";
import { type Customer, readCustomers } from "../src/cli/demo/customers.ts";
import { DecideAnswer } from "../src/contract/decide.ts";
import { type RedisServer, startRedisServer } from "../test/support/redis-server.ts";
import type { Cores } from "./cores.ts";
import { ServerProcess } from "./server-process.ts";

export const PROGRAM_ID = "hillstrom-email";
/** The whole data set. */
export const USERS = 64_000;
const MODEL = "hillstrom-email/1";
const FEATURE_SET = "hillstrom-email";
const UPLOAD_ROWS = 500;
const UPLOAD_TRIES = 10;
const UPLOAD_PAUSE_MS = 200;

const HERE = fileURLToPath(new URL(".", import.meta.url));
const ROOT = fileURLToPath(new URL("..", import.meta.url));
const MODELS_DIR = join(ROOT, "models");
const MAIN = [join(ROOT, "src/main.ts"), "serve"];

export interface DeploymentOptions {
  readonly cores: Cores | null;
  readonly progress: (line: string) => void;
  /** Options of Node for the servers that run on it, such as a profiler's, by the server's name. */
  readonly nodeOptions?: (server: string) => readonly string[];
}

interface DeciderOptions {
  readonly programsDir?: string;
  readonly durability?: "process" | "power";
  /** What Node runs. */
  readonly entry?: readonly string[];
}

/** Redis with everybody's features, and a folder for what the service writes. */
export class Deployment {
  readonly #options: DeploymentOptions;
  readonly #redis: RedisServer;
  readonly #dataDir: string;
  readonly #servers: ServerProcess[] = [];

  private constructor(options: DeploymentOptions, redis: RedisServer, dataDir: string) {
    this.#options = options;
    this.#redis = redis;
    this.#dataDir = dataDir;
  }

  static async open(options: DeploymentOptions): Promise<Deployment> {
    options.progress("starting redis-server");
    const redis = await startRedisServer();
    return new Deployment(options, redis, await mkdtemp(join(tmpdir(), "liftgate-bench-")));
  }

  /** The real service as `npm start` runs it, all defaults. The features of all users are in Redis. */
  async startService(): Promise<ServerProcess> {
    await this.#uploadUsers();
    return await this.startDecider("service");
  }

  /** The real service under a name of its own; users' features are in Redis already. */
  async startDecider(name: string, changed: DeciderOptions = {}): Promise<ServerProcess> {
    const { programsDir = join(ROOT, "programs"), durability = "process", entry = MAIN } = changed;
    return await this.#start(name, [...this.#node(name), ...entry], {
      PORT: "0",
      HOST: "127.0.0.1",
      DATA_DIR: join(this.#dataDir, name),
      MODELS_DIR,
      PROGRAMS_DIR: programsDir,
      DURABILITY: durability,
    });
  }

  /** The real service, but for the log of decisions and its index: acknowledged at once, and nowhere. */
  async startUnlogged(name: string): Promise<ServerProcess> {
    return await this.startDecider(name, { entry: [join(HERE, "unlogged.ts")] });
  }

  async startFloor(service: ServerProcess): Promise<ServerProcess> {
    return this.#start("floor", [...this.#node("floor"), join(HERE, "floor.ts")], {
      MODELS_DIR,
      FLOOR_MODEL: MODEL,
      FLOOR_ANSWER: JSON.stringify(await sampleAnswer(service)),
    });
  }

  /** @param python of an environment that has `peer/requirements.lock` */
  async startPeer(python: string): Promise<ServerProcess> {
    const server = ["--host", "127.0.0.1", "--port", "0", "--workers", "1", "--no-access-log"];
    return this.#start("peer", [python, "-m", "uvicorn", "app:app", "--app-dir", join(HERE, "peer"), ...server], {
      PEER_MODEL: join(MODELS_DIR, MODEL),
      PEER_FEATURE_SET: FEATURE_SET,
      PYTHONDONTWRITEBYTECODE: "1",
    });
  }

  /** Stops everything and removes what was written. */
  async close(): Promise<void> {
    for (const server of this.#servers) {
      if ((await server.stop()) === "killed")
        this.#options.progress(`${server.name} did not stop when asked and was killed`);
    }
    await this.#redis.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  /** Through a process of its own: what it leaves behind, such as warm code, is none of those that are compared. */
  async #uploadUsers(): Promise<void> {
    const uploads = await this.startDecider("uploads");
    const client = new DemoClient(uploads.url);
    const customers = await readCustomers(await client.features(PROGRAM_ID), USERS);
    for (let start = 0; start < customers.length; start += UPLOAD_ROWS) {
      await this.#upload(client, customers.slice(start, start + UPLOAD_ROWS));
    }
    this.#options.progress(`PUT /v1/features wrote ${customers.length} users`);
    await uploads.stop();
  }

  /** Writing again is harmless, and a service that has just started on a busy machine may miss its deadline. */
  async #upload(client: DemoClient, customers: readonly Customer[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await client.putFeatures(customers);
        return;
      } catch (error) {
        if (attempt === UPLOAD_TRIES) throw error;
        this.#options.progress(`again: ${error instanceof Error ? error.message : "unknown trouble"}`);
        await delay(UPLOAD_PAUSE_MS);
      }
    }
  }

  #node(server: string): readonly string[] {
    return [process.execPath, ...(this.#options.nodeOptions?.(server) ?? [])];
  }

  async #start(
    name: string,
    command: readonly string[],
    environment: Readonly<Record<string, string>>,
  ): Promise<ServerProcess> {
    this.#options.progress(`starting the ${name}`);
    const server = await ServerProcess.start({
      name,
      command,
      environment: { ...environment, REDIS_URL: this.#redis.url },
      core: this.#options.cores?.server,
    });
    this.#servers.push(server);
    return server;
  }
}

/** One answer of the service to a request like those of the load. */
async function sampleAnswer({ url }: ServerProcess): Promise<DecideAnswer> {
  const body = {
    programId: PROGRAM_ID,
    userId: "customer-1",
    requestId: "sample",
    context: { surface: "checkout", platform: "ios" },
  };
  const response = await fetch(`${url}/v1/decide`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`the service answered ${response.status}: ${text}`);
  const answer = DecideAnswer.parse(JSON.parse(text));
  if (answer.status !== "normal") throw new Error(`the service decided with status ${answer.status}, expected normal`);
  return answer;
}
