/**
 * Allocation in memory: a million users and eight actions under a budget alone, and under twelve limits; and
 * against HiGHS where that is feasible.
 *
 *   npm run -s bench:allocation                 about a minute; users as an argument, 1,000,000 unless given
 */
import { loadavg } from "node:os";
import loader from "highs";
import { allocate } from "../src/core/allocation/allocate.ts";
import type { CandidateBlock, Candidates, Constraints } from "../src/core/allocation/candidates.ts";
import { charge } from "../src/core/allocation/charge.ts";
import { spread } from "./statistics.ts";

const ACTIONS = 8;
const BLOCK_USERS = 16_384;
const ROUNDS = 5;
const PEER_USERS = 2_000;

const users = Number(process.argv[2] ?? 1_000_000);
console.log(`load before ${loadavg()[0]?.toFixed(2)}, Node ${process.version}`);
const candidates = candidatesOf(users);
report(`${users} users x ${ACTIONS}, budget`, candidates, limitsOf(users, []));
report(`${users} users x ${ACTIONS}, 12 limits`, candidates, limitsOf(users, capsOf(users)));
await reportPeer();

function report(name: string, given: Candidates, constraints: Constraints): void {
  const times: number[] = [];
  let gap = NaN;
  for (let round = 0; round < ROUNDS; round++) {
    const startedMs = performance.now();
    ({ gap } = allocate(given, constraints));
    times.push(performance.now() - startedMs);
  }
  const { median, min, max } = spread(times);
  const peakMiB = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${name}: ${seconds(median)} (${seconds(min)} to ${seconds(max)}), gap ${gap.toExponential(1)}, peak RSS ${peakMiB.toFixed(0)} MiB`,
  );
}

/** HiGHS solves the linear relaxation; the allocation is whole, and has its bound beside. */
async function reportPeer(): Promise<void> {
  const few = candidatesOf(PEER_USERS);
  const constraints = limitsOf(PEER_USERS, []);
  const text = problemText(few, constraints);
  // The package declares its ES module as if it were CommonJS: what is imported is the loader itself.
  const highs = await (loader as unknown as typeof loader.default)();
  const solvedFromMs = performance.now();
  const optimum = highs.solve(text, { output_flag: false }).ObjectiveValue;
  const solvedMs = performance.now() - solvedFromMs;
  allocate(few, constraints);
  const allocatedFromMs = performance.now();
  const { dualBoundMicros } = allocate(few, constraints);
  const allocatedMs = performance.now() - allocatedFromMs;
  const difference = Math.abs(dualBoundMicros / 1e6 / optimum - 1);
  console.log(
    `${PEER_USERS} users x ${ACTIONS}, budget: HiGHS ${seconds(solvedMs)}, here ${seconds(allocatedMs)}; bounds differ by ${difference.toExponential(1)}`,
  );
}

function problemText(given: Candidates, { budgetMicros }: Constraints): string {
  const gains: string[] = [];
  const costs: string[] = [];
  const perUser: string[] = [];
  for (const { users: count, firstUser, offsets, gain, cost } of charge(given, 0)) {
    for (let user = 0; user < count; user++) {
      const mine: string[] = [];
      for (let option = offsets[user] ?? 0; option < (offsets[user + 1] ?? 0); option++) {
        const name = `x${firstUser}_${option}`;
        gains.push(`${(gain[option] ?? NaN) / 1e6} ${name}`);
        costs.push(`${(cost[option] ?? NaN) / 1e6} ${name}`);
        mine.push(name);
      }
      perUser.push(`${mine.join(" + ")} <= 1`);
    }
  }
  return `Maximize\n${gains.join(" + ")}\nSubject To\n${costs.join(" + ")} <= ${budgetMicros / 1e6}\n${perUser.join("\n")}\nEnd\n`;
}

/** A budget of about a fifth of what would be spent without one. */
function limitsOf(count: number, caps: Constraints["caps"]): Constraints {
  return { budgetMicros: Math.round(0.4e6 * count), costWeight: 0, caps };
}

/** Eight actions and three channels, of which six bind beside the budget. */
function capsOf(count: number): Constraints["caps"] {
  const shares = [0.05, 0.06, 0.03, 0.2, 0.02, 0.05, 0.01, 0.3];
  return [
    ...shares.map((share, action) => ({ actions: [action], offers: Math.round(share * count) })),
    { actions: [0, 1, 2], offers: Math.round(0.1 * count) },
    { actions: [3, 4], offers: Math.round(0.1 * count) },
    { actions: [5, 6, 7], offers: Math.round(0.2 * count) },
  ];
}

/** Users respond differently, and more to what costs more. A linear congruential generator: the same everywhere. */
function candidatesOf(count: number): Candidates {
  let state = 12_345;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const blocks: CandidateBlock[] = [];
  for (let first = 0; first < count; first += BLOCK_USERS) {
    blocks.push(blockOf(Math.min(BLOCK_USERS, count - first), uniform));
  }
  return { users: count, actions: ACTIONS, blocks: () => blocks };
}

function blockOf(count: number, uniform: () => number): CandidateBlock {
  const action = new Uint16Array(count * ACTIONS);
  const valueMicros = new Float64Array(count * ACTIONS);
  const costMicros = new Float64Array(count * ACTIONS);
  for (let option = 0, response = 0; option < action.length; option++) {
    const a = option % ACTIONS;
    if (a === 0) response = 2 * uniform();
    action[option] = a;
    costMicros[option] = Math.round(1e6 * (0.2 + 0.5 * a) * (0.5 + uniform()));
    valueMicros[option] = Math.round(1e6 * response * Math.sqrt(1 + a) * 3 * uniform());
  }
  const offsets = Uint32Array.from({ length: count + 1 }, (_, user) => user * ACTIONS);
  return { users: count, offsets, action, valueMicros, costMicros };
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
