/** One seed of the loop, from the randomized start to the last settlement. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Customer } from "../src/cli/demo/customers.ts";
import { type Arrival, drawArrivals, END_MS } from "./arrivals.ts";
import { CUSTOMERS, liftgate, runLiftgate, runScript } from "./commands.ts";
import { type MonthOfMoney, moneyOf } from "./money.ts";
import { type Given, Player } from "./play.ts";
import { MODEL, policy, PROGRAM, randomizedStart, SHADOW } from "./program.ts";
import { type Environment, LoopService } from "./service.ts";
import { type Stage, STAGES } from "./stages.ts";
import { OFFERS, ORDER_DAYS_MAX, START_MS } from "./world.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Everything has happened, and what nobody redeemed has expired. */
const SETTLED_DAYS = 9;
const VERDICT = /^(?:Ship|Do not ship|Cannot tell)\b.*$/m;
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
  const verdicts: string[] = [];
  const refusals: string[] = [];
  try {
    await service.putFeatures(customers, START_MS);
    for (const stage of STAGES) {
      const { end, said } = await passStage({ options, environment, service, play }, stage);
      (end === "refused" ? refusals : verdicts).push(said);
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
    verdicts,
    refusals,
    replayed: REPLAYED.exec(replayed)?.[0] ?? replayed,
  };
}

interface Running {
  readonly options: SeedOptions;
  readonly environment: Environment;
  readonly service: LoopService;
  readonly play: (untilMs: number) => Promise<void>;
}

/** A model that was refused leaves the incumbent where it is; one that was not serves from then on. */
async function passStage(
  { options, environment, service, play }: Running,
  stage: Stage,
): Promise<{ readonly end: "refused" | "promoted"; readonly said: string }> {
  const { version, phase } = stage;
  await play(stage.trainedAtMs);
  const refused = await trainNext(options, environment, stage);
  if (refused !== null) return { end: "refused", said: `version ${version}: ${refused}` };
  await writeProgram(environment, SHADOW, policy({ id: SHADOW, version, model: `${version}` }, phase));
  await service.reload();
  await play(stage.promotedAtMs);
  const said = await judge(options, environment, stage);
  await promote(environment, stage);
  await service.reload();
  return { end: "promoted", said };
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

/** Export, training, validation: null and a folder of the next version, or what the gate said that refused it. */
async function trainNext(
  { folder, python, progress }: SeedOptions,
  environment: Environment,
  stage: Stage,
): Promise<string | null> {
  progress(`training version ${stage.version}`);
  const out = join(folder, `training-${stage.version}.csv`);
  const span = [
    "--from",
    new Date(stage.data.fromMs).toISOString(),
    "--until",
    new Date(stage.data.untilMs).toISOString(),
  ];
  await liftgate(environment, [
    "export",
    "--to",
    "training",
    "--arms",
    "all",
    "--program",
    PROGRAM,
    ...span,
    "--out",
    out,
  ]);
  const models = join(environment.MODELS_DIR, MODEL);
  return runScript(python, "train.py", [out, join(models, "1"), join(models, `${stage.version}`)]);
}

/**
 * The candidate on decisions that it was not trained on and of which all is known that came, against what decided them. It
 * is promoted on the day that was fixed, whatever is found: a week is rarely enough to tell, and a loop in which chance
 * decides who serves could not be compared with another.
 */
async function judge(
  { folder, progress }: SeedOptions,
  environment: Environment,
  { version, phase, data, promotedAtMs }: Stage,
): Promise<string> {
  progress(`evaluating version ${version}`);
  const candidate = join(folder, "candidates", `${version}`, `${PROGRAM}.yaml`);
  await mkdir(dirname(candidate), { recursive: true });
  await writeFile(candidate, policy({ id: PROGRAM, version, model: `${version}` }, phase));
  const until = new Date(promotedAtMs - ORDER_DAYS_MAX * DAY_MS).toISOString();
  const span = ["--from", new Date(data.untilMs).toISOString(), "--until", until];
  const out = join(folder, `report-${version}`);
  const { code, said } = await runLiftgate(environment, ["evaluate", "--candidate", candidate, ...span, "--out", out]);
  const verdict = VERDICT.exec(said)?.[0];
  if (verdict === undefined) throw new Error(`liftgate evaluate ended with ${code} and without a verdict:\n${said}`);
  return verdict;
}

async function promote(environment: Environment, { version, phase }: Stage): Promise<void> {
  await rm(join(environment.PROGRAMS_DIR, `${SHADOW}.yaml`));
  await writeProgram(environment, PROGRAM, policy({ id: PROGRAM, version, model: `${version}` }, phase));
}

async function writeProgram({ PROGRAMS_DIR }: Environment, id: string, yaml: string): Promise<void> {
  await writeFile(join(PROGRAMS_DIR, `${id}.yaml`), yaml);
}
