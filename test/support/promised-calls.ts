/**
 * Calls of the real service that promise something about a log once they are answered, and what is found of it after
 * the process was killed.
 */
import { appendFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { readSegments } from "../../src/adapters/file/read-segments.ts";
import { listSegments, type LogKind } from "../../src/adapters/file/segment-name.ts";
import { CommandLine } from "./command-line.ts";
import { CUSTOMER, PROGRAM } from "./service.ts";

const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;
const USERS = 100;

/** One kind of call. A kind that is added here is made, killed and checked with the others. */
export interface PromisedCall {
  /** Where it is logged. */
  readonly log: LogKind;
  readonly path: string;
  /** Its body, of which no two are alike. */
  readonly bodyOf: (number: number) => object;
  /** The status that promises. */
  readonly promises: number;
  /** What must be in the log once it is promised; from the answer. */
  readonly idsIn: (answer: unknown) => readonly string[];
  readonly idIn: (record: object) => string;
}

const Decided = z.object({ decisionId: z.string() });

export const DECIDE: PromisedCall = {
  log: "decisions",
  path: "/v1/decide",
  bodyOf: (number) => ({ programId: PROGRAM, userId: `user-${number % USERS}`, requestId: `request-${number}` }),
  promises: 200,
  idsIn: (answer) => [Decided.parse(answer).decisionId],
  idIn: (record) => Decided.parse(record).decisionId,
};

export interface KilledService {
  readonly dataDir: string;
  readonly calls: readonly PromisedCall[];
  readonly connections: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What was promised, by log. */
export type Promised = ReadonlyMap<LogKind, Set<string>>;

/** The service on one folder, life after life, each ended by kill -9 under load. */
export class ShortLives {
  readonly #options: KilledService;
  readonly promised: Promised;
  #number = 0;

  constructor(options: KilledService) {
    this.#options = options;
    this.promised = new Map(options.calls.map(({ log }) => [log, new Set<string>()]));
  }

  /** One life: killed once it has kept so many promises, with a call under way on every connection. How many it kept. */
  async live(killAfter: number): Promise<number> {
    const service = this.#start();
    const [, url = ""] = await service.printed(LISTENING);
    await putFeatures(url);
    let kept = 0;
    const callers = Array.from({ length: this.#options.connections }, async () => {
      for (;;) {
        const isKept = await this.#call(url).catch(nullWhenGone);
        if (isKept === null) return;
        kept += Number(isKept);
        if (kept >= killAfter) service.signal("SIGKILL");
      }
    });
    await service.ended();
    await Promise.all(callers);
    return kept;
  }

  /** A last life that only puts the logs in order. */
  async recover(): Promise<void> {
    const service = this.#start();
    await service.printed(LISTENING);
    service.signal("SIGTERM");
    const { code, stderr } = await service.ended();
    if (code !== 0) throw new Error(`the service did not end by itself: ${stderr}`);
  }

  #start(): CommandLine {
    return new CommandLine(["serve"], { PORT: "0", DATA_DIR: this.#options.dataDir, ...this.#options.environment });
  }

  /** Whether it was promised. Rejects when the service is gone. */
  async #call(url: string): Promise<boolean> {
    const { calls } = this.#options;
    const number = this.#number++;
    const call = calls[number % calls.length];
    if (call === undefined) throw new Error("expected a kind of call");
    const sent = call.bodyOf(number);
    const response = await post(`${url}${call.path}`, "POST", sent);
    const answer: unknown = await response.json();
    if (response.status !== call.promises) return false;
    for (const id of call.idsIn(answer)) this.promised.get(call.log)?.add(id);
    return true;
  }
}

/** What `fetch` throws for every end of a connection; anything else is a broken expectation. */
function nullWhenGone(error: unknown): null {
  if (error instanceof TypeError || error instanceof SyntaxError) return null;
  throw error;
}

/** What a process may leave that dies within a write, and kill -9 hardly ever does: half a record at the end. */
export async function tearTail(dataDir: string, { log }: PromisedCall): Promise<void> {
  const segments = await listSegments(join(dataDir, log), log);
  const last = segments.findLast(({ form }) => form === "plain");
  if (last !== undefined) await appendFile(last.path, '{"schema":"liftgate.');
}

export interface Found {
  readonly records: number;
  readonly promised: number;
  /** Promised, and not in the log. */
  readonly lost: number;
  /** In the log more than once. */
  readonly doubled: number;
  readonly corrupt: number;
  /** Torn tails that recovery cut off; a segment is torn once. */
  readonly tornTails: number;
  readonly compressed: number;
}

/** What the log of this kind of call holds, after recovery. */
export async function auditLog(dataDir: string, call: PromisedCall, promised: Promised): Promise<Found> {
  const folder = join(dataDir, call.log);
  const segments = await listSegments(folder, call.log);
  const times = new Map<string, number>();
  let corrupt = 0;
  let records = 0;
  for await (const entry of readSegments(segments.map(({ path }) => path))) {
    if (entry.kind !== "record") {
      corrupt++;
      continue;
    }
    records++;
    const id = call.idIn(entry.record);
    times.set(id, (times.get(id) ?? 0) + 1);
  }
  const expected = [...(promised.get(call.log) ?? [])];
  return {
    records,
    promised: expected.length,
    lost: expected.filter((id) => !times.has(id)).length,
    doubled: [...times.values()].filter((count) => count > 1).length,
    corrupt,
    tornTails: (await readdir(folder)).filter((name) => name.endsWith(".torn")).length,
    compressed: segments.filter(({ form }) => form === "compressed").length,
  };
}

async function putFeatures(url: string): Promise<void> {
  const users = Array.from({ length: USERS }, (_, i) => ({ userId: `user-${i}`, features: CUSTOMER }));
  const response = await post(`${url}/v1/features`, "PUT", { users });
  if (!response.ok) throw new Error(`features were answered ${response.status}`);
}

function post(address: string, method: "POST" | "PUT", body: object): Promise<Response> {
  return fetch(address, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
}
