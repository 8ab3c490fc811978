/** Retries of many ids, replayed against the real service, and what the logs and the ledger say afterwards. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BudgetAnswer } from "../../src/contract/budget.ts";
import { embeddedAccount, redisAccount } from "./ledger-account.ts";
import { fundedPrograms, settlementsDue } from "./promised-outcomes.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";
import { Replica } from "./replica.ts";
import { RetriedIds, type RetriedIdsOptions } from "./retried-ids.ts";
import {
  accountOf,
  auditHeld,
  auditIds,
  type HeldFound,
  partByOutages,
  readLogs,
  type RetriesFound,
} from "./retry-audit.ts";
import { PROGRAM } from "./service.ts";

/**
 * `shared`: two replicas over one Redis; `exact`: two that answer nothing alone; `single`: one over Redis; `embedded`: one
 * with stores of its own.
 */
export const DEPLOYMENTS = {
  shared: { names: ["one", "other"], redis: true, environment: {} },
  single: { names: ["only"], redis: true, environment: {} },
  exact: { names: ["one", "other"], redis: true, environment: { RETRIES: "exact" } },
  embedded: { names: ["only"], redis: false, environment: {} },
} as const;
export type Deployment = keyof typeof DEPLOYMENTS;

/** What Redis acknowledged is on its disk. */
const DURABLE_REDIS = ["--appendonly", "yes", "--appendfsync", "always"];

export interface RetriesShown {
  readonly counts: RetriedIds["counts"];
  /** Of all answers; 0: the connection ended without one. */
  readonly statuses: RetriedIds["statuses"];
  /** Before every replica is asked again: what died before it told is not known to be void. */
  readonly untoldBefore: number;
  readonly found: RetriesFound;
  /** Ids that were under way while a replica could not ask Redis: there replicas answer for themselves. */
  readonly apart: RetriesFound;
  readonly held: HeldFound;
  readonly holds: boolean;
}

export type RetriesOptions = Omit<RetriedIdsOptions, "replicas" | "redis" | "programsDir" | "answersAlone">;

export async function showRetries(deployment: Deployment, options: RetriesOptions): Promise<RetriesShown> {
  const folder = await mkdtemp(join(tmpdir(), "liftgate-retries-"));
  const redis = DEPLOYMENTS[deployment].redis ? await startRedisServer(DURABLE_REDIS) : null;
  try {
    return await showIn(folder, deployment, { ...options, redis });
  } finally {
    await redis?.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function showIn(
  folder: string,
  deployment: Deployment,
  { redis, ...options }: RetriesOptions & { readonly redis: RedisServer | null },
): Promise<RetriesShown> {
  const programsDir = await fundedPrograms(join(folder, "programs"));
  const { names, environment: own } = DEPLOYMENTS[deployment];
  const environment = { ...own, PROGRAMS_DIR: programsDir, ...(redis !== null && { REDIS_URL: redis.url }) };
  const replicas = names.map((name) => new Replica(join(folder, name), environment));
  try {
    const answersAlone = deployment === "shared";
    return await showOn({ ...options, replicas, redis, programsDir, answersAlone });
  } finally {
    for (const replica of replicas) await replica.drop();
  }
}

async function showOn({ replicas, redis, ...options }: RetriedIdsOptions): Promise<RetriesShown> {
  const dataDirs = replicas.map(({ dataDir }) => dataDir);
  const retried = new RetriedIds({ ...options, replicas, redis });
  await untilPaying(replicas);
  await retried.run();
  const before = auditIds(retried.asked, await readLogs(dataDirs));
  await retried.askAgain();
  retried.close();
  await settleAll(replicas);

  const logs = await readLogs(dataDirs);
  const outages = options.answersAlone ? replicas.flatMap((replica) => replica.outages) : [];
  const parts = partByOutages(retried.asked, outages);
  const [found, apart] = [auditIds(parts.shared, logs), auditIds(parts.apart, logs)];
  const account = accountOf(logs);
  const view =
    redis === null ? await embeddedAccount(dataDirs[0] ?? "", account) : await redisAccount(redis.url, account);
  const held = auditHeld(retried.asked, logs, view);
  return {
    counts: retried.counts,
    statuses: retried.statuses,
    untoldBefore: before.untold,
    found,
    apart,
    held,
    holds: isOnce(found) && held.logged === held.ledger && held.leased === 0,
  };
}

function isOnce({ differing, refused, mismatchesTaken, notOnce, notTold, untold }: RetriesFound): boolean {
  return differing + refused + mismatchesTaken + notOnce + notTold + untold === 0;
}

/**
 * Until no settlement waits for the ledger, and no lease is open; all are stopped then. A ledger that recovers waits for
 * all of them, and only a new life has not seen it before it was restarted.
 */
async function settleAll(replicas: readonly Replica[]): Promise<void> {
  await Promise.all(replicas.map((replica) => replica.restart()));
  await untilPaying(replicas);
  for (const replica of replicas) {
    await replica.stop();
    while ((await settlementsDue(replica.dataDir)) > 0) {
      replica.start();
      await replica.url;
      await replica.stop();
    }
  }
}

async function untilPaying(replicas: readonly Replica[]): Promise<void> {
  for (const replica of replicas) {
    for (const url = await replica.url; ;) if ((await budgetState(url)) === "paying") break;
  }
}

async function budgetState(url: string): Promise<string> {
  const response = await fetch(`${url}/v1/budgets/${PROGRAM}`);
  return BudgetAnswer.parse(await response.json()).state;
}
