/** A V8 CPU profile (`node --cpu-prof`) as text: where the time went, by package, file and function. */
import { z } from "zod";

const CpuProfile = z.object({
  nodes: z.array(
    z.object({
      id: z.int(),
      callFrame: z.object({ functionName: z.string(), url: z.string(), lineNumber: z.int() }),
      children: z.array(z.int()).optional(),
    }),
  ),
  samples: z.array(z.int()),
  /** µs since the sample before. */
  timeDeltas: z.array(z.number()),
  /** µs of the monotonic clock; the deltas count on from here. */
  startTime: z.number(),
});
type CpuProfile = z.infer<typeof CpuProfile>;
type ProfileNode = CpuProfile["nodes"][number];

/** The part of a profile that counts. */
export interface Window {
  /** µs of the machine's monotonic clock, which V8 and `process.hrtime` share. */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Requests answered in it: times are given per request. */
  readonly requests: number;
}

const ROWS = 45;

export function summarize(text: string, window: Window): string {
  const profile = CpuProfile.parse(JSON.parse(text));
  const self = selfTimes(profile, window);
  const busy = new Map([...self].filter(([node]) => node.callFrame.functionName !== "(idle)"));
  const total = sum(busy.values());
  const idle = sum(self.values()) - total;
  const table = (title: string, times: ReadonlyMap<string, number>) =>
    [
      `\n${title}\n${"µs/request".padStart(11)}  ${"share".padStart(6)}`,
      ...rows(times, { total, requests: window.requests }),
    ].join("\n");
  return [
    `${window.requests} requests; busy ${perRequest(total, window.requests)} µs/request, idle ${perRequest(idle, window.requests)} µs/request`,
    table("Self time by package", grouped(busy, packageOf)),
    table("Self time by file", grouped(busy, fileOf)),
    table("Self time by function", grouped(busy, labelOf)),
    table("Time of a function of this project and everything it calls", inclusiveTimes(profile, busy)),
    "",
  ].join("\n");
}

function selfTimes(profile: CpuProfile, { fromMicros, toMicros }: Window): ReadonlyMap<ProfileNode, number> {
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const times = new Map<ProfileNode, number>();
  let atMicros = profile.startTime;
  profile.samples.forEach((id, i) => {
    atMicros += profile.timeDeltas[i] ?? 0;
    const node = nodes.get(id);
    if (node === undefined || atMicros < fromMicros || atMicros > toMicros) return;
    // A sample stands for the time until the next one.
    times.set(node, (times.get(node) ?? 0) + (profile.timeDeltas[i + 1] ?? 0));
  });
  return times;
}

/** Counts a function once per stack, however often it calls itself. */
function inclusiveTimes(profile: CpuProfile, self: ReadonlyMap<ProfileNode, number>): ReadonlyMap<string, number> {
  const parents = new Map<number, ProfileNode>();
  for (const node of profile.nodes) for (const child of node.children ?? []) parents.set(child, node);
  const times = new Map<string, number>();
  for (const [leaf, micros] of self) {
    const onStack = new Set<string>();
    for (let node: ProfileNode | undefined = leaf; node !== undefined; node = parents.get(node.id)) {
      if (packageOf(node) === OWN) onStack.add(labelOf(node));
    }
    for (const label of onStack) times.set(label, (times.get(label) ?? 0) + micros);
  }
  return times;
}

function grouped(
  times: ReadonlyMap<ProfileNode, number>,
  keyOf: (node: ProfileNode) => string,
): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const [node, micros] of times) groups.set(keyOf(node), (groups.get(keyOf(node)) ?? 0) + micros);
  return groups;
}

const OWN = "liftgate";

function packageOf({ callFrame: { url, functionName } }: ProfileNode): string {
  const installed = /.*node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  if (installed !== undefined) return installed;
  if (url.startsWith("node:")) return "node";
  if (url !== "") return OWN;
  return functionName.startsWith("(") ? functionName : "(native)";
}

function fileOf(node: ProfileNode): string {
  const { url } = node.callFrame;
  if (url === "" || url.startsWith("node:")) return url === "" ? packageOf(node) : url;
  return url.replace(/^.*\/node_modules\//, "").replace(/^.*\/(src|bench)\//, "$1/");
}

function labelOf(node: ProfileNode): string {
  const { functionName, lineNumber, url } = node.callFrame;
  const place = url === "" ? "" : `  ${fileOf(node)}:${lineNumber + 1}`;
  return `${functionName === "" ? "(anonymous)" : functionName}${place}`;
}

function rows(
  times: ReadonlyMap<string, number>,
  { total, requests }: { total: number; requests: number },
): readonly string[] {
  const largest = [...times].toSorted(([, a], [, b]) => b - a).slice(0, ROWS);
  return largest.map(([name, micros]) => {
    const share = `${((100 * micros) / total).toFixed(1)} %`;
    return `${perRequest(micros, requests).padStart(11)}  ${share.padStart(6)}  ${name}`;
  });
}

function perRequest(micros: number, requests: number): string {
  return (micros / requests).toFixed(2);
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
