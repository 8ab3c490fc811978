/** Promotes a candidate without a report, and kills itself before, or after, one of the steps. */
import { argv, kill, pid } from "node:process";
import { composeRollout } from "../../src/compose/rollout.ts";
import { promote } from "../../src/service/rollout/promote.ts";
import type { RolloutStore } from "../../src/service/rollout/rollout-store.ts";

const [programs = "", models = "", candidatePath = "", share = "", when = "", step = ""] = argv.slice(2);

/** The step, and the kill. */
function killedAt<Args extends readonly unknown[]>(name: string, task: (...args: Args) => Promise<void>) {
  return async (...args: Args): Promise<void> => {
    if (name === step && when === "before") kill(pid, "SIGKILL");
    await task(...args);
    if (name === step && when === "after") kill(pid, "SIGKILL");
  };
}

const parts = composeRollout({ MODELS_DIR: models, PROGRAMS_DIR: programs });
const { store } = parts;
const killed: RolloutStore = {
  look: (task) => store.look(task),
  change: (task) => store.change(task),
  live: (id) => store.live(id),
  archived: (digest) => store.archived(digest),
  keep: killedAt("keep", (text) => store.keep(text)),
  put: killedAt("put", (text) => store.put(text)),
  canary: (id) => store.canary(id),
  putCanary: killedAt("putCanary", (canary) => store.putCanary(canary)),
  removeCanary: killedAt("removeCanary", (id) => store.removeCanary(id)),
  audit: { entries: () => store.audit.entries(), append: killedAt("append", (change) => store.audit.append(change)) },
};
const candidate = await parts.readCandidate(candidatePath);
if (!candidate.ok) throw new Error("expected a candidate that is right");
await promote(
  { ...parts, store: killed },
  {
    candidate: candidate.value,
    evidence: null,
    share: Number(share),
    maxAgeMs: 0,
    by: "tester",
    reason: "a test",
    faultyReport: "overrule",
  },
);
console.log("promoted");
