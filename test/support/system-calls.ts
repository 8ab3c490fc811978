/** The system calls of the service, as strace sees them, and the order in which a decision was written, synced and told. */
import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { CommandLine } from "./command-line.ts";
import { PROGRAM } from "./service.ts";

/** Buffers whole, descriptors by what they are open on, threads included. */
const STRACE = ["strace", "-f", "--seccomp-bpf", "-qq", "-yy", "-s", "4000000", "-e", "signal=none"];
const CALLS = ["-e", "trace=write,writev,pwrite64,pwritev,sendto,sendmsg,fdatasync,fsync"];
const LISTENING = /Server listening at (http:\/\/127\.0\.0\.1:\d+)/;
const DECISION_ID = /\\"decisionId\\":\\"([0-9a-f-]{36})\\"/g;

/** Why nothing can be traced here; null when it can. */
export function tracingFault(): string | null {
  try {
    execFileSync("strace", [...STRACE.slice(1), ...CALLS, "-o", "/dev/null", "true"], { stdio: "pipe" });
    return null;
  } catch (error) {
    return error instanceof Error ? `strace does not work here: ${error.message.split("\n")[0]}` : String(error);
  }
}

interface SystemCall {
  readonly name: string;
  /** What the descriptor is open on, as strace shows it. */
  readonly on: string;
  readonly decisionIds: readonly string[];
  /** The places in the trace at which it was entered and at which it had returned. */
  readonly enteredAt: number;
  readonly returnedAt: number;
  readonly result: number;
}

export interface TracedOrder {
  /** Decisions that callers were told. */
  readonly told: number;
  /** Of those, by how far the system had got when the bytes of the answer were handed to it. */
  readonly writtenFirst: number;
  readonly syncedFirst: number;
  /** System calls of the trace. */
  readonly calls: number;
}

/** Traces the service while so many callers ask one after the other. */
export async function traceDecisions(
  durability: string,
  load: { callers: number; each: number },
): Promise<TracedOrder> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-trace-"));
  try {
    const trace = join(folder, "trace");
    const environment = { PORT: "0", DATA_DIR: join(folder, "data"), DURABILITY: durability };
    const service = new CommandLine(["serve"], environment, [...STRACE, ...CALLS, "-o", trace]);
    const [, url = ""] = await service.printed(LISTENING);
    const ids = await decide(url, load);
    // A tracer passes no signal on: the first process that it traced is the service.
    process.kill(Number.parseInt(await readFile(trace, "latin1"), 10), "SIGTERM");
    await service.ended();
    return orderIn(callsOf(await readFile(trace, "latin1")), ids);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const Decided = z.object({ decisionId: z.string() });

async function decide(url: string, { callers, each }: { callers: number; each: number }): Promise<readonly string[]> {
  const ids: string[] = [];
  await Promise.all(
    Array.from({ length: callers }, async (_, caller) => {
      for (let i = 0; i < each; i++) {
        const body = JSON.stringify({ programId: PROGRAM, userId: `user-${caller}`, requestId: `${caller}-${i}` });
        const headers = { "content-type": "application/json" };
        const response = await fetch(`${url}/v1/decide`, { method: "POST", headers, body });
        if (response.status !== 200) throw new Error(`a decision was answered ${response.status}`);
        ids.push(Decided.parse(await response.json()).decisionId);
      }
    }),
  );
  return ids;
}

/** The calls of a trace; one that another thread interrupted is on two lines. */
export function callsOf(trace: string): readonly SystemCall[] {
  const calls: SystemCall[] = [];
  const entered = new Map<string, Omit<SystemCall, "returnedAt" | "result">>();
  for (const [place, line] of trace.split("\n").entries()) {
    const [, thread = "", rest = ""] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>/.test(rest);
    const call = resumed ? entered.get(thread) : enteredCall(rest, place);
    if (call === undefined) continue;
    if (rest.endsWith("<unfinished ...>")) entered.set(thread, call);
    else calls.push({ ...call, returnedAt: place, result: Number(/\) += (-?\d+)[^)]*$/.exec(rest)?.[1]) });
  }
  return calls;
}

function enteredCall(text: string, place: number): Omit<SystemCall, "returnedAt" | "result"> | undefined {
  const [, name, on] = /^(\w+)\(\d+<(.*?)>[,) ]/.exec(text) ?? [];
  if (name === undefined || on === undefined) return undefined;
  const decisionIds = [...text.matchAll(DECISION_ID)].map(([, id = ""]) => id);
  return { name, on, decisionIds, enteredAt: place };
}

/** How far each decision had got when its answer was handed to a socket. */
export function orderIn(calls: readonly SystemCall[], ids: readonly string[]): TracedOrder {
  const order = ids.map((id) => {
    const holding = calls.filter(({ decisionIds }) => decisionIds.includes(id));
    const answer = holding.find(({ on }) => /^(TCP|TCPv6|socket):/.test(on));
    const written = holding.find(({ on }) => on.endsWith(".ndjson"));
    if (answer === undefined) throw new Error("an answer is not in the trace");
    const isWritten = written !== undefined && written.result > 0 && written.returnedAt < answer.enteredAt;
    const isSynced =
      isWritten &&
      calls.some(
        ({ name, on, enteredAt, returnedAt, result }) =>
          name === "fdatasync" &&
          on === written.on &&
          result === 0 &&
          enteredAt > written.returnedAt &&
          returnedAt < answer.enteredAt,
      );
    return { isWritten, isSynced };
  });
  return {
    told: ids.length,
    writtenFirst: order.filter(({ isWritten }) => isWritten).length,
    syncedFirst: order.filter(({ isSynced }) => isSynced).length,
    calls: calls.length,
  };
}
