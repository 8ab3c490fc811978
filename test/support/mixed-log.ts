/**
 * A log of everything at once, made by the real service under load on a Redis that dies on the way: programs of every
 * strategy, arm, limit and mode, users nothing is known of, models that fail and models that are not there, and programs
 * that are reloaded in new versions meanwhile.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../src/simulation/random.ts";
import { z } from "zod";
import { CommandLine } from "./command-line.ts";
import { mixedPrograms } from "./mixed-programs.ts";
import type { RedisServer } from "./redis-server.ts";

const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;
const USERS = 400;
const BATCH_MAX = 40;
const CHANNELS = ["web", "phone", "multi"];
const POLL_MS = 20;
/** Whatever is waited for comes in seconds, but for long logs. */
const WAIT_MS_MAX = 100_000;
/** Of versions that have money: payments of every funded program, which begin with its first prices. */
const PAID_MIN = 5;
/** Decisions without Redis, and after it is back. */
const OUTAGE_MIN = 300;
const WITHOUT_REDIS = "safe_default without Redis";
/** The program whose model is not there, Redis or not. */
const ABSENT = "absent";
const FUNDED = ["greedy", "epsilon", "thompson", "exploring"];

export interface MixedLogOptions {
  readonly folder: string;
  readonly modelsDir: string;
  readonly redis: RedisServer;
  /** At least so many. */
  readonly records: number;
  /** Programs are reloaded in so many versions; between two of them Redis dies once. */
  readonly versions: number;
  readonly connections: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

/** Makes the log; where it is. */
export async function makeMixedLog(options: MixedLogOptions): Promise<{ readonly dataDir: string }> {
  const { folder, modelsDir, redis, records, versions, progress } = options;
  const programsDir = join(folder, "programs");
  const dataDir = join(folder, "data");
  await mkdir(programsDir, { recursive: true });
  await writePrograms(programsDir, 1);
  const service = new CommandLine(["serve"], {
    PORT: "0",
    DATA_DIR: dataDir,
    PROGRAMS_DIR: programsDir,
    MODELS_DIR: modelsDir,
    REDIS_URL: redis.url,
  });
  const [, url = ""] = await service.printed(LISTENING);
  const callers = new MixedCallers(url, options);
  await callers.putFeatures();
  for (let version = 1; version <= versions; version++) {
    if (version > 1) {
      await writePrograms(programsDir, version);
      await reload(url);
    }
    // Money for exploration is spent for good in the first version.
    const funded = version === 1 ? FUNDED : version % 2 === 1 ? ["thompson"] : [];
    const paid = funded.map((id) => `paid by ${id}`);
    const wanted = new Map(paid.map((what) => [what, callers.count(what) + PAID_MIN]));
    await callers.until(
      () =>
        callers.answered >= (records * version) / versions &&
        paid.every((what) => callers.count(what) >= (wanted.get(what) ?? 0)),
    );
    if (version === Math.ceil(versions / 2)) {
      await redis.kill();
      await callers.until(() => callers.count(WITHOUT_REDIS) >= OUTAGE_MIN);
      await redis.restart();
      const enough = callers.count("normal") + OUTAGE_MIN;
      await callers.until(() => callers.count("normal") >= enough);
      progress("Redis was dead for a while");
    }
    progress(`version ${version}: ${callers.answered} decisions`);
  }
  await callers.stop();
  service.signal("SIGTERM");
  const { code, stderr } = await service.ended();
  if (code !== 0) throw new Error(`the service did not end by itself: ${stderr}`);
  return { dataDir };
}

const Refusal = z.object({ errors: z.array(z.object({ path: z.string() })) });
const Batch = z.object({
  results: z.array(
    z.object({
      /** Not there: another question was asked under its id. */
      decision: z.object({ programId: z.string(), status: z.string(), action: z.string() }).optional(),
    }),
  ),
});
type Batch = z.infer<typeof Batch>;
const PROGRAMS = Object.entries(mixedPrograms(1)).flatMap(([id, yaml]) => (yaml.includes("state: shadow") ? [] : [id]));

/** Callers that ask for batches over kept connections until they are told to stop. */
class MixedCallers {
  readonly #url: string;
  readonly #random: Random;
  readonly #seed: number;
  readonly #connections: Promise<void>[] = [];
  readonly #count: number;
  readonly counts = new Map<string, number>();
  #asked = 0;
  #answered = 0;
  #isStopped = false;

  constructor(url: string, { seed, connections }: Pick<MixedLogOptions, "seed" | "connections">) {
    this.#url = url;
    this.#seed = seed;
    this.#random = new Random(seed, "callers");
    this.#count = connections;
  }

  get answered(): number {
    return this.#answered;
  }

  /** Of most users; of one in ten they are old, and one in ten is not known. */
  async putFeatures(): Promise<void> {
    const random = new Random(this.#seed, "features");
    const nowMs = Date.now();
    const users = Array.from({ length: USERS }, (_, i) => ({
      userId: `user-${i}`,
      observedAt: new Date(nowMs - (i % 10 === 1 ? 3_600_000 : 0)).toISOString(),
      features: {
        recency: i % 10 === 2 ? null : random.whole(0, 13),
        spent: Math.round(random.between(0, i % 2 === 0 ? 0.9 : 100) * 100) / 100,
        channel: CHANNELS[random.whole(0, CHANNELS.length)],
      },
    })).filter((_, i) => i % 10 !== 3);
    await call(this.#url, "/v1/features", { users }, "PUT");
  }

  /** Of a status, or `paid by <program>`. */
  count(what: string): number {
    return this.counts.get(what) ?? 0;
  }

  async until(isEnough: () => boolean): Promise<void> {
    if (this.#connections.length === 0)
      this.#connections.push(...Array.from({ length: this.#count }, () => this.#ask()));
    const untilMs = performance.now() + WAIT_MS_MAX;
    while (!isEnough()) {
      await Promise.race([delay(POLL_MS), ...this.#connections]);
      if (performance.now() < untilMs) continue;
      this.#isStopped = true;
      throw new Error(`what was waited for did not come; so far: ${JSON.stringify([...this.counts])}`);
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#connections);
  }

  async #ask(): Promise<void> {
    while (!this.#isStopped) {
      const requests = Array.from({ length: this.#random.whole(1, BATCH_MAX) }, () => this.#request());
      const { results } = Batch.parse(await call(this.#url, "/v1/decide/batch", { requests }));
      this.#answered += results.length;
      for (const { decision } of results) this.#note(decision);
    }
  }

  #note(decision: Batch["results"][number]["decision"]): void {
    if (decision === undefined) return;
    const { status, action, programId } = decision;
    this.#increment(status);
    if (status === "safe_default" && programId !== ABSENT) this.#increment(WITHOUT_REDIS);
    if (action !== "no_offer") this.#increment(`paid by ${programId}`);
  }

  #increment(what: string): void {
    this.counts.set(what, this.count(what) + 1);
  }

  #request(): object {
    const random = this.#random;
    const user = random.whole(0, USERS);
    const chance = random.uniform();
    this.#asked += 1;
    return {
      programId: PROGRAMS[random.whole(0, PROGRAMS.length)],
      userId: `user-${user}`,
      clusterId: `household-${user % 50}`,
      context: { surface: chance < 0.1 ? "blocked" : "checkout", basket: random.whole(0, 9) },
      ...(random.uniform() < 0.8 && { features: { newbie: random.uniform() < 0.5 } }),
      ...(random.uniform() < 0.1 && { actions: [chance < 0.5 ? "mail" : "call"] }),
      // One in fifty asks what was asked before, or nearly.
      ...(random.uniform() < 0.5 && { requestId: `request-${this.#asked - (chance < 0.02 ? 7 : 0)}` }),
    };
  }
}

async function writePrograms(directory: string, version: number): Promise<void> {
  for (const [id, yaml] of Object.entries(mixedPrograms(version))) await writeFile(join(directory, `${id}.yaml`), yaml);
}

/** One program's model is never there; everything else must be taken over. */
async function reload(url: string): Promise<void> {
  const response = await fetch(`${url}/v1/reload`, { method: "POST" });
  const { errors } = Refusal.parse(await response.json());
  const wrong = errors.filter((error) => !error.path.startsWith(`${ABSENT}:`));
  if (wrong.length > 0) throw new Error(`the reload was refused: ${JSON.stringify(wrong)}`);
}

async function call(url: string, path: string, body: object, method: "POST" | "PUT" = "POST"): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
  return JSON.parse(text);
}
