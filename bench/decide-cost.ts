/**
 * What `decide()` alone costs: time and bytes allocated per call, by the number of paid actions.
 *
 * Runs in a process of its own with `--expose-gc` and a young generation so large that no collection
 * falls into a measured stretch: then the growth of the heap is what the calls allocated. The program
 * is the shipped one (eligibility in CEL, holdout, evaluation, inverse-gap) with more actions; users
 * and scores are drawn from a fixed seed.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { TemporalCalendar } from "../src/adapters/temporal/calendar.ts";
import { compileRule } from "../src/adapters/cel/compile-rule.ts";
import { featureContractOf, modelOutputsOf } from "../src/adapters/onnx/model-contract.ts";
import { Manifest } from "../src/contract/manifest.ts";
import { ProgramFile } from "../src/contract/program-file.ts";
import { decide } from "../src/core/decision/decide.ts";
import { actionDraw, assignArm } from "../src/core/decision/luck.ts";
import type { Situation } from "../src/core/domain/decision.ts";
import { NO_OFFER, type Program } from "../src/core/domain/program.ts";
import { uniformFromHash } from "../src/core/numerics/murmur3.ts";
import { compileProgram } from "../src/service/compile-program.ts";
import { DecideCost, PAID_ACTIONS } from "./decide-cost-result.ts";
import { spread } from "./statistics.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SEED = "liftgate-bench-1";
const SITUATIONS = 1_024;
const WARM_UP_CALLS = 100_000;
const TIMED_CALLS = 40_000;
const WEIGHED_CALLS = 2_000;

const rounds = Number(process.argv[2]);
if (globalThis.gc === undefined || !(rounds > 0))
  throw new Error("run as node --expose-gc bench/decide-cost.ts <rounds>");
const collect = globalThis.gc;

/** A number that depends on every decision, so that none can be optimized away. */
let sink = 0;

const cases = await Promise.all(
  PAID_ACTIONS.map(async (paid) => ({ paid, situations: situationsOf(await programOf(paid)) })),
);
for (const { situations } of cases) decideFor(situations, WARM_UP_CALLS);
const measured = Array.from({ length: rounds }, () =>
  cases.map(({ situations }) => ({ micros: timed(situations), bytes: weighed(situations) })),
);
const result = cases.map(({ paid }, i) => ({
  paidActions: paid,
  micros: spread(measured.map((round) => round[i]?.micros ?? NaN)),
  bytes: spread(measured.map((round) => round[i]?.bytes ?? NaN)).median,
}));
const ratio = spread(measured.map((round) => (round.at(-1)?.micros ?? NaN) / (round[0]?.micros ?? NaN)));
console.log(JSON.stringify(DecideCost.parse({ cases: result, ratio, rounds, callsPerRound: TIMED_CALLS })));
if (Number.isNaN(sink)) throw new Error("a decision chose no action");

function timed(situations: readonly Situation[]): number {
  collect();
  const startedMs = performance.now();
  decideFor(situations, TIMED_CALLS);
  return ((performance.now() - startedMs) * 1_000) / TIMED_CALLS;
}

function weighed(situations: readonly Situation[]): number {
  collect();
  const before = process.memoryUsage().heapUsed;
  decideFor(situations, WEIGHED_CALLS);
  return (process.memoryUsage().heapUsed - before) / WEIGHED_CALLS;
}

function decideFor(situations: readonly Situation[], calls: number): void {
  for (let i = 0; i < calls; i++) {
    const situation = situations[i % SITUATIONS];
    sink += situation === undefined ? NaN : decide(situation).chosen;
  }
}

/** The shipped program with `paid` offers in the place of its own. */
async function programOf(paid: number): Promise<Program> {
  const bytes = await readFile(join(ROOT, "programs/hillstrom-email.yaml"));
  const manifest = Manifest.parse(
    JSON.parse(await readFile(join(ROOT, "models/hillstrom-email/1/manifest.json"), "utf8")),
  );
  const ids = Array.from({ length: paid }, (_, i) => `offer_${i + 1}`);
  const offers = ids.map((id) => ({ id, channel: "email", fixedCost: 0.01, maxCost: 2 }));
  const file = ProgramFile.parse({ ...parse(bytes.toString("utf8")), actions: [{ id: NO_OFFER }, ...offers] });
  const { name, version } = manifest;
  const outputs = { ...modelOutputsOf(manifest), actions: ids };
  const model = { name, version, outputs, contract: featureContractOf(manifest) };
  const text = { id: file.program, digest: `sha256:${"0".repeat(64)}`, bytes, file };
  const compiled = compileProgram(text, {
    models: { find: () => model },
    compileRule,
    calendar: new TemporalCalendar(),
  });
  if (!compiled.ok) throw new Error(`the program does not compile: ${JSON.stringify(compiled.faults)}`);
  return compiled.value;
}

function situationsOf(program: Program): readonly Situation[] {
  return Array.from({ length: SITUATIONS }, (_, user) => {
    const unit = `customer-${user}`;
    return {
      program,
      mode: program.state,
      facts: {
        features: {
          recency: 1 + Math.floor(14 * uniform(unit, "recency")),
          history: 500 * uniform(unit, "history"),
          channel: "Web",
        },
        context: { surface: "checkout", platform: "ios" },
      },
      requested: null,
      withheld: null,
      closed: null,
      availableMicros: null,
      explorationMicros: null,
      basis: "model",
      scores: {
        value: program.actions.map(({ id }, i) => (i === 0 ? 0 : 0.6 * uniform(unit, id, "value") - 0.1)),
        valueStd: program.actions.map(({ id }, i) => (i === 0 ? 0 : 0.02 + 0.1 * uniform(unit, id, "std"))),
        cost: program.actions.map(({ id }, i) => (i === 0 ? 0 : 0.02 + 0.3 * uniform(unit, id, "cost"))),
        replicates: null,
      },
      pacing: { epoch: 0, lambda: 0, mu: {}, rho: null, inPeriod: null },
      draws: { arm: assignArm(program, unit), action: actionDraw(program, unit, `request-${user}`) },
    };
  });
}

function uniform(...names: readonly string[]): number {
  return uniformFromHash([SEED, ...names].join("|"));
}
