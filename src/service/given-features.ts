/** A feature store as one user is to be seen: with given values over what it holds. */
import { type InputFault, LiftgateError } from "../core/errors.ts";
import { encodeRow, type RawValue } from "../core/features/encode.ts";
import type { FeatureRead, FeatureStore } from "../core/ports.ts";
import type { UserReader } from "./read-user.ts";

export interface GivenFeatures {
  /** undefined: none are given, the store is read as it is. */
  readonly values: Readonly<Record<string, RawValue>> | undefined;
  /** What they are given over. */
  readonly over: "stored" | "nothing";
  /** Where they stand in the caller's input, for faults: a prefix of the features' names. */
  readonly path: string;
}

/** Reading throws LiftgateError `unknown_feature` or `invalid_feature` where given values do not fit. */
export function withGiven(
  services: UserReader,
  { values: given, over, path }: GivenFeatures,
): Pick<FeatureStore, "read"> {
  if (given === undefined) return services.features;
  const known = new Set<string>();
  return {
    read: async (userId, contracts) => {
      const stored = over === "stored" ? await services.features.read(userId, contracts) : [];
      const reads = contracts.map((contract, i): FeatureRead => {
        const row = stored[i];
        const { values, unknown, faults } = encodeRow(
          contract,
          given,
          row?.kind === "found" ? { base: row.values } : {},
        );
        if (faults.length > 0) throw new LiftgateError("invalid_feature", undefined, faults.map(at(path)));
        for (const name of Object.keys(given)) if (!unknown.includes(name)) known.add(name);
        return { kind: "found", observedAtMs: services.nowMs(), values };
      });
      const strangers = Object.keys(given).filter((name) => !known.has(name));
      if (strangers.length > 0) throw new LiftgateError("unknown_feature", undefined, strangers.map(unknownAt(path)));
      return reads;
    },
  };
}

function at(prefix: string) {
  return ({ path, rule }: InputFault): InputFault => ({ path: `${prefix}${path}`, rule });
}

function unknownAt(prefix: string) {
  return (name: string): InputFault => ({
    path: `${prefix}${name}`,
    rule: "is not a feature of this program's models",
  });
}
