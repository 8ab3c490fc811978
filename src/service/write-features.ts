/** Named feature values of many users, checked whole and written as packed rows. */
import type { FeaturesRequest } from "../contract/bulk.ts";
import type { FeatureContract } from "../core/domain/model.ts";
import { type InputFault, LiftgateError } from "../core/errors.ts";
import { encodeRow } from "../core/features/encode.ts";
import type { FeatureRow } from "../core/ports.ts";
import type { DecisionServices } from "./services.ts";

type UserFeatures = FeaturesRequest["users"][number];

/**
 * Replaces the users' rows of every feature set that has one of the given names. Names left out are
 * missing. Nothing is written when anything is wrong.
 *
 * @returns the number of users written
 * @throws LiftgateError `unknown_feature`, `invalid_feature`, `feature_store_unavailable`
 */
export async function writeFeatures(services: DecisionServices, { users }: FeaturesRequest): Promise<number> {
  const contracts = writableContracts(services);
  const encoded = users.map((user, i) => encodeUser(services, contracts, user, `users[${i}].`));
  const strangers = encoded.flatMap(({ unknown }) => unknown);
  if (strangers.length > 0) throw new LiftgateError("unknown_feature", undefined, strangers);
  const faults = encoded.flatMap((user) => user.faults);
  if (faults.length > 0) throw new LiftgateError("invalid_feature", undefined, faults);
  await services.features.write(encoded.flatMap(({ rows }) => rows));
  return users.length;
}

/** One contract per feature set: of several model versions, the newest model's. */
function writableContracts({ models }: DecisionServices): readonly FeatureContract[] {
  const oldestFirst = models.list().toSorted((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt));
  return [...new Map(oldestFirst.map(({ contract }) => [contract.set, contract])).values()];
}

function encodeUser(
  { nowMs }: DecisionServices,
  contracts: readonly FeatureContract[],
  { userId, observedAt, features }: UserFeatures,
  path: string,
): {
  readonly rows: readonly FeatureRow[];
  readonly unknown: readonly InputFault[];
  readonly faults: readonly InputFault[];
} {
  const observedAtMs = observedAt === undefined ? nowMs() : Date.parse(observedAt);
  const names = Object.keys(features);
  const encoded = contracts.map((contract) => ({ contract, ...encodeRow(contract, features, { sources: ["store"] }) }));
  const concerned = encoded.filter(({ unknown }) => unknown.length < names.length);
  return {
    rows: concerned.map(({ contract, values }) => ({ userId, contract, observedAtMs, values })),
    unknown: names
      .filter((name) => encoded.every(({ unknown }) => unknown.includes(name)))
      .map((name) => ({ path: `${path}features.${name}`, rule: "is not a feature of any loaded model" })),
    faults: concerned.flatMap(({ faults }) =>
      faults.map((fault) => ({ ...fault, path: `${path}features.${fault.path}` })),
    ),
  };
}
