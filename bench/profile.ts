/**
 * A CPU profile of the service or of the floor under load, as text: `node bench/profile.ts --help`.
 * Start and warm-up are left out.
 */
import { copyFile, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type Cores, findCores, pinSelf } from "./cores.ts";
import { summarize, type Window } from "./cpu-profile.ts";
import { Deployment, PROGRAM_ID, USERS } from "./deployment.ts";
import { Generator } from "./generator.ts";

const USAGE = `node bench/profile.ts [--server service|floor] [--seconds 10] [--connections 64] [--keep profile.cpuprofile]

Prints where the time of one request goes: self time by package, file and function, and for the
functions of this project also with everything they call.`;
const PROFILE = "server.cpuprofile";
const SAMPLE_MICROS = 250;
/** As long as the bench's: until the service remembers as many answers as it ever does. */
const WARM_UP_SECONDS = 12;

const { values: options } = parseArgs({
  options: {
    server: { type: "string", default: "service" },
    seconds: { type: "string", default: "10" },
    connections: { type: "string", default: "64" },
    keep: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
if (options.help) console.log(USAGE);
else if (["service", "floor"].includes(options.server)) console.log(await profile());
else throw new Error(`--server must be service or floor, got ${options.server}`);

async function profile(): Promise<string> {
  const cores = findCores();
  if (cores !== null) pinSelf(cores.rest);
  const directory = await mkdtemp(join(tmpdir(), "liftgate-profile-"));
  try {
    const window = await underLoad(directory, cores);
    const path = join(directory, PROFILE);
    if (options.keep !== undefined) await copyFile(path, options.keep);
    return summarize(await readFile(path, "utf8"), window);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Loads the server under a profiler and stops it, which writes the profile. */
async function underLoad(directory: string, cores: Cores | null): Promise<Window> {
  const profiler = [
    "--cpu-prof",
    `--cpu-prof-interval=${SAMPLE_MICROS}`,
    `--cpu-prof-dir=${directory}`,
    `--cpu-prof-name=${PROFILE}`,
  ];
  const nodeOptions = (server: string) => (server === options.server ? profiler : []);
  const deployment = await Deployment.open({ cores, progress: console.error, nodeOptions });
  const generator = new Generator();
  try {
    const service = await deployment.startService();
    const server = options.server === "floor" ? await deployment.startFloor(service) : service;
    const job = { url: server.url, programId: PROGRAM_ID, connections: Number(options.connections), users: USERS };
    await generator.fire({ ...job, seconds: WARM_UP_SECONDS, label: "warm-up" });
    const fromMicros = monotonicMicros();
    const { answers, failed, firstTrouble } = await generator.fire({
      ...job,
      seconds: Number(options.seconds),
      label: "profile",
    });
    if (failed > 0) throw new Error(`${failed} of ${answers} requests failed, the first with: ${firstTrouble}`);
    return { fromMicros, toMicros: monotonicMicros(), requests: answers };
  } finally {
    generator.stop();
    await deployment.close();
  }
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1_000n);
}
