/**
 * Retries: every request id is sent up to 32 times at once, to two replicas over one Redis, to two that answer nothing
 * while they cannot ask Redis, to one replica over Redis, and to one with embedded stores, while replicas are killed (kill -9), programs are reloaded and Redis is restarted. What gets no
 * answer is sent again. All bodies of an id must be the same bytes, over all logs one record of it must stand, and the
 * ledger must hold its money once; afterwards every replica is asked for every id again, and with another body, which
 * it must refuse.
 *
 *     node bench/retries.ts [--ids 20000] [--copies 32] [--faults 45] [--seed 1] [--deployment shared|exact|single|embedded]
 *
 * Exit code 1 when one differs, stands twice, or is paid twice. Ids that were under way while a replica could not ask
 * Redis are reported apart: replicas answer for themselves then. That most are apart is a failure too.
 */
import { parseArgs } from "node:util";
import { DEPLOYMENTS, showRetries } from "../test/support/show-retries.ts";

/** With 32 copies of each as many connections as a busy replica has. */
const IDS_AT_ONCE = 12;

const { values } = parseArgs({
  options: {
    ids: { type: "string", default: "20000" },
    copies: { type: "string", default: "32" },
    faults: { type: "string", default: "45" },
    seed: { type: "string", default: "1" },
    deployment: { type: "string", multiple: true, default: Object.keys(DEPLOYMENTS) },
  },
});

for (const deployment of ["shared", "exact", "single", "embedded"] as const) {
  if (!values.deployment.includes(deployment)) continue;
  const startedMs = performance.now();
  const shown = await showRetries(deployment, {
    ids: Number(values.ids),
    copiesMax: Number(values.copies),
    idsAtOnce: IDS_AT_ONCE,
    faults: Number(values.faults),
    seed: Number(values.seed),
    progress: (line) => console.error(`${deployment}: ${line}`),
  });
  const seconds = Math.round((performance.now() - startedMs) / 1_000);
  console.log(JSON.stringify({ deployment, seconds, ...shown }, null, 2));
  if (!shown.holds || shown.apart.ids > shown.found.ids) process.exitCode = 1;
}
