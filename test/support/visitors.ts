/** A log that can be judged: decisions of a program that explores, and whether users visited after them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { uniformFromHash } from "../../src/core/numerics/murmur3.ts";
import { CUSTOMER, PROGRAM, SHIPPED_PROGRAMS, type TestService } from "./service.ts";

const BATCH = 300;
const SHARES = [
  ["holdout: { share: 0.02,", "holdout: { share: 0.1,"],
  ["evaluation: { share: 0.02,", "evaluation: { share: 0.4,"],
  ["gamma: 1000", "gamma: 10"],
] as const;

/** The shipped program with more of chance in it, in YAML. */
export async function exploringProgram(): Promise<string> {
  const shipped = await readFile(join(SHIPPED_PROGRAMS, `${PROGRAM}.yaml`), "utf8");
  return SHARES.reduce((yaml, [from, to]) => yaml.replace(from, to), shipped);
}

/** Decisions of a multiple of 300 users, once each, and what some of them did. */
export async function decideForVisitors(service: TestService, count: number): Promise<void> {
  for (let first = 0; first < count; first += BATCH) await decideBatch(service, first);
}

async function decideBatch(service: TestService, first: number): Promise<void> {
  const users = Array.from({ length: BATCH }, (_, i) => ({
    userId: `u${first + i}`,
    observedAt: new Date().toISOString(),
    features: {
      ...CUSTOMER,
      recency: 1 + ((first + i) % 12),
      zip_code: ["Rural", "Urban", "Surburban"][(first + i) % 3],
    },
  }));
  await service.call("PUT", "/v1/features", { body: { users } });
  const requests = users.map(({ userId }) => ({
    programId: PROGRAM,
    userId,
    requestId: `ask-${userId}`,
    context: { surface: "home" },
  }));
  await service.call("POST", "/v1/decide/batch", { body: { requests } });
  const records = (await service.records()).slice(first);
  const outcomes = records
    .filter(({ user, action }) => uniformFromHash(`visit|${user}`) < (action === "no_offer" ? 0.1 : 0.3))
    .map(({ decisionId, user }) => ({
      outcomeId: `visit-${user}`,
      decisionId,
      type: "reward",
      head: "visit",
      value: 1,
      occurredAt: new Date().toISOString(),
    }));
  await service.call("POST", "/v1/outcomes", { body: { outcomes } });
}
