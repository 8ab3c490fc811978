/** One seed of the loop, from the randomized start to the last settlement. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Customer } from "../src/cli/demo/customers.ts";
import { type Arrival, drawArrivals, END_MS } from "./arrivals.ts";
import { CUSTOMERS, liftgate, runScript } from "./commands.ts";
import { type MonthOfMoney, moneyOf } from "./money.ts";
import { type Given, Player } from "./play.ts";
import { MODEL, policy, PROGRAM, randomizedStart, SHADOW } from "./program.ts";
import { judge, promote } from "./promotion.ts";
import { type Environment, LoopService } from "./service.ts";
import { type Stage, STAGES } from "./stages.ts";
import { OFFERS, START_MS } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Everything has happened, and what nobody redeemed has expired. */
const SETTLED_DAYS = 9;
const REPLAYED = /(\d+) identical, (\d+) different/;

export interface SeedOptions {
  readonly seed: number;
  readonly customers: readonly Customer[];
  readonly arrivalsPerMonth: number;
  /** Decisions of so much time are asked for together. */
  readonly stepHours: number;
  /** Emptied, and made if it is not there. */
  readonly folder: string;
  readonly python: string;
  readonly progress: (words: string) => void;
}

export interface SeedRun {
  readonly seed: number;
  readonly arrivals: readonly Arrival[];
  readonly given: readonly Given[];
  readonly months: readonly MonthOfMoney[];
  /** What `liftgate evaluate` said of each candidate, in a line. */
  readonly verdicts: readonly string[];
  /** Of each version that became live, whether its report passed the gate of `liftgate promote` or was overruled. */
  readonly promotions: readonly string[];
  /** What the gates said of each model that they refused: the incumbent went on. */
  readonly refusals: readonly string[];
  /** What `liftgate replay` said. */
  readonly replayed: string;
}

export async function runSeed(options: SeedOptions): Promise<SeedRun> {
  const { seed, customers, arrivalsPerMonth, stepHours, python, progress } = options;
  const environment = await prepare(options);
  const firstModel = join(environment.MODELS_DIR, MODEL, "1");
  const refusal = await runScript(python, "first_model.py", [CUSTOMERS, firstModel, ...guessedCosts()]);
  if (refusal !== null) throw new Error(`there is nothing to begin with: ${refusal}`);
  await writeProgram(environment, PROGRAM, randomizedStart("1"));
  await liftgate(environment, ["validate"]);
  const service = await LoopService.start(environment, PROGRAM, START_MS);
  const arrivals = drawArrivals(customers, arrivalsPerMonth, seed);
  const player = new Player(service, arrivals, { seed, stepMs: stepHours * HOUR_MS });
  const play = (untilMs: number): Promise<void> =>
    player.playUntil(untilMs, (atMs, decisions) => progress(`${dayOf(atMs)}: ${decisions} decisions`));
  const ends: StageEnd[] = [];
  try {
    await service.putFeatures(customers, START_MS);
    for (const stage of STAGES) {
      ends.push(await passStage({ options, environment, service, play }, stage));
    }
    await play(END_MS);
    await play(END_MS + SETTLED_DAYS * DAY_MS);
  } finally {
    await service.stop();
  }
  progress("replay");
  const months = await moneyOf(environment.DATA_DIR, player.given);
  const replayed = await liftgate(environment, ["replay"]);
  return {
    seed,
    arrivals,
    given: player.given,
    months,
    verdicts: ends.flatMap((each) => (each.end === "promoted" ? [each.verdict] : [])),
    promotions: ends.flatMap((each) => (each.end === "promoted" ? [each.promotion] : [])),
    refusals: ends.flatMap((each) => (each.end === "refused" ? [each.refusal] : [])),
    replayed: REPLAYED.exec(replayed)?.[0] ?? replayed,
  };
}

interface Running {
  readonly options: SeedOptions;
  readonly environment: Environment;
  readonly service: LoopService;
  readonly play: (untilMs: number) => Promise<void>;
}

type StageEnd =
  | { readonly end: "refused"; readonly refusal: string }
  | { readonly end: "promoted"; readonly verdict: string; readonly promotion: string };

/** A model that was refused leaves the incumbent where it is; one that was not serves from then on. */
async function passStage({ options, environment, service, play }: Running, stage: Stage): Promise<StageEnd> {
  const { version, phase } = stage;
  await play(stage.trainedAtMs);
  const refused = await trainNext(options, environment, stage);
  if (refused !== null) return { end: "refused", refusal: `version ${version}: ${refused}` };
  await writeProgram(environment, SHADOW, policy({ id: SHADOW, version, model: `${version}` }, phase));
  await service.reload();
  await play(stage.promotedAtMs);
  options.progress(`evaluating version ${version}`);
  const judged = await judge(environment, stage, options.folder);
  const promotion = await promote(environment, stage, judged);
  await service.reload();
  return { end: "promoted", verdict: judged.verdict, promotion };
}

/** As good as anybody knows before the first day: one in ten vouchers comes back. */
function guessedCosts(): readonly string[] {
  return OFFERS.map(({ id, face }) => `${id}=${face / 10}`);
}

function dayOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, "2026-01-01".length);
}

async function prepare({ folder }: SeedOptions): Promise<Environment> {
  await rm(folder, { recursive: true, force: true });
  const environment = {
    DATA_DIR: join(folder, "data"),
    MODELS_DIR: join(folder, "models"),
    PROGRAMS_DIR: join(folder, "programs"),
  };
  for (const directory of Object.values(environment)) await mkdir(directory, { recursive: true });
  await mkdir(join(environment.MODELS_DIR, MODEL));
  return environment;
}

/**
 * Export of all there is, training with effects of the stage's span, validation: null and a folder of the next version,
 * or what the gate said that refused it.
 */
async function trainNext(
  { folder, python, progress }: SeedOptions,
  environment: Environment,
  stage: Stage,
): Promise<string | null> {
  progress(`training version ${stage.version}`);
  const out = join(folder, `training-${stage.version}.csv`);
  const span = ["--from", new Date(START_MS).toISOString(), "--until", new Date(stage.data.untilMs).toISOString()];
  const what = ["--to", "training", "--arms", "all", "--program", PROGRAM];
  await liftgate(environment, ["export", ...what, ...span, "--out", out]);
  const models = join(environment.MODELS_DIR, MODEL);
  return runScript(python, "train.py", [
    out,
    join(models, "1"),
    join(models, `${stage.version}`),
    dayOf(stage.data.fromMs),
  ]);
}

async function writeProgram({ PROGRAMS_DIR }: Environment, id: string, yaml: string): Promise<void> {
  await writeFile(join(PROGRAMS_DIR, `${id}.yaml`), yaml);
}
