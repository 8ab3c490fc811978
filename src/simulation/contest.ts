/** One day, played by the pacer and by what it is compared with, all against hindsight. */
import { clockDriven, staticThreshold } from "./baselines.ts";
import { hindsightOptimum, type Optimum } from "./hindsight.ts";
import { PacedController, type Replicas } from "./paced.ts";
import { type Controller, type Play, playDay } from "./play-day.ts";
import { createWorld, type World, type WorldSize } from "./world.ts";

/** The rule that minutes are set by, whatever the epoch is. */
const MINUTE_MS = 60_000;

export const POLICIES = ["paced", "static", "clock"] as const;
export type Policy = (typeof POLICIES)[number];

export interface ContestSettings {
  readonly epochMs: number;
  readonly replicas: Replicas;
}

export interface Contest {
  readonly size: WorldSize;
  readonly budgetMicros: number;
  readonly optimum: Optimum;
  readonly plays: Readonly<Record<Policy, Play>>;
  /** Hindsight's price all day: how spend and value would have grown. */
  readonly hindsight: Play;
}

export function holdContest(size: WorldSize, { epochMs, replicas }: ContestSettings): Contest {
  const world = createWorld(size);
  const { users, budgetMicros, past } = world;
  const optimum = hindsightOptimum(users, size.actions, budgetMicros);
  const minutely = (controller: Controller): Play => playDay(world, controller, MINUTE_MS);
  return {
    size,
    budgetMicros,
    optimum,
    plays: {
      paced: playPaced(world, { epochMs, replicas }),
      static: minutely(staticThreshold(past.optimum.lambda)),
      clock: minutely(clockDriven(world)),
    },
    hindsight: minutely(staticThreshold(optimum.lambda)),
  };
}

function playPaced(world: World, { epochMs, replicas }: ContestSettings): Play {
  return playDay(world, new PacedController(world, replicas), epochMs);
}
