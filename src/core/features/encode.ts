/**
 * Named values to the packed float32 row a model reads.
 *
 *   numeric      the number, rounded to float32; the allowed range is checked on the number as given
 *   boolean      false 0, true 1 (0 and 1 are taken too: data files spell flags so)
 *   categorical  the category's position in the vocabulary; any other string is `unknownCode`
 *   missing      NaN: a null, or a name that is not there
 *
 * The one encoder of the service: feature writes, scoring calls, request-time values and the golden
 * rows of a model all go through it, so what is verified at load is what runs.
 */
import type { Feature, FeatureContract } from "../domain/model.ts";
import type { InputFault } from "../errors.ts";

export type RawValue = number | string | boolean | null;

export interface EncodeOptions {
  /** The row that values not named in `raw` are taken from; all missing by default. Not changed. */
  readonly base?: Float32Array;
  /** Only features of these sources may be named; all by default. */
  readonly sources?: readonly Feature["source"][];
}

export interface EncodedRow {
  /** In contract order, NaN where missing. To be thrown away when there are faults. */
  readonly values: Float32Array;
  /** Names in `raw` that the contract does not have. */
  readonly unknown: readonly string[];
  /** Values that do not fit; the path is the feature's name. */
  readonly faults: readonly InputFault[];
}

/**
 * Encodes the named values over the base row.
 *
 * @example encodeRow(contract, { recency: 6, channel: "Web" }).values // Float32Array [6, 2]
 */
export function encodeRow(
  contract: FeatureContract,
  raw: Readonly<Record<string, RawValue>>,
  { base, sources }: EncodeOptions = {},
): EncodedRow {
  const values = base === undefined ? missingRow(contract) : base.slice();
  const lookup = lookupOf(contract);
  const unknown: string[] = [];
  const faults: InputFault[] = [];
  for (const name of Object.keys(raw)) {
    const feature = lookup.features.get(name);
    if (feature === undefined) {
      unknown.push(name);
      continue;
    }
    const encoded =
      sources === undefined || sources.includes(feature.source)
        ? encodeValue(feature, raw[name] ?? null, lookup.codes.get(name))
        : `comes from ${SOURCE_NAMES[feature.source]} and cannot be given here`;
    if (typeof encoded === "number") values[feature.index] = encoded;
    else faults.push({ path: name, rule: encoded });
  }
  return { values, unknown, faults };
}

/** A row with every value missing. */
export function missingRow(contract: FeatureContract): Float32Array {
  return new Float32Array(contract.features.length).fill(NaN);
}

export interface CompletedRow {
  /** What the model is given: defaults where the contract has them, NaN where it takes NaN. */
  readonly values: Float32Array;
  /** Names that were missing, in contract order. */
  readonly missing: readonly string[];
  /** Those of them the model cannot do without: a row with any must not be scored. */
  readonly required: readonly string[];
}

/** Applies each feature's `onMissing` to a packed row. The row given is not changed; a complete one is returned as it is. */
export function completeRow(contract: FeatureContract, row: Float32Array): CompletedRow {
  let values = row;
  const missing: string[] = [];
  const required: string[] = [];
  for (const { index, name, onMissing, default: fallback } of contract.features) {
    if (!Number.isNaN(values[index])) continue;
    missing.push(name);
    if (onMissing === "reject") required.push(name);
    if (onMissing === "default") values = values.with(index, fallback ?? NaN);
  }
  return { values, missing, required };
}

/** The encoded number, or the rule that the value breaks. */
function encodeValue(
  feature: Feature,
  value: RawValue,
  codes: ReadonlyMap<string, number> | undefined,
): number | string {
  if (value === null) return NaN;
  switch (feature.kind) {
    case "numeric":
      return encodeNumber(feature, value);
    case "boolean":
      return value === true || value === 1 ? 1 : value === false || value === 0 ? 0 : "must be true or false";
    case "categorical":
      if (typeof value !== "string") return "must be a string";
      return codes?.get(value) ?? feature.unknownCode ?? NaN;
    default:
      return feature.kind satisfies never;
  }
}

function encodeNumber({ min, max }: Feature, value: RawValue): number | string {
  if (typeof value !== "number" || !Number.isFinite(value)) return "must be a finite number";
  if (min !== null && value < min) return `must be at least ${min}`;
  if (max !== null && value > max) return `must be at most ${max}`;
  return Math.fround(value);
}

interface Lookup {
  readonly features: ReadonlyMap<string, Feature>;
  /** Codes by category, per categorical feature. */
  readonly codes: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

function lookupOf(contract: FeatureContract): Lookup {
  const known = lookups.get(contract);
  if (known !== undefined) return known;
  const features = new Map(contract.features.map((feature) => [feature.name, feature]));
  const codes = new Map(
    contract.features.map(({ name, vocabulary }) => [
      name,
      new Map((vocabulary ?? []).map((word, code) => [word, code])),
    ]),
  );
  const lookup = { features, codes };
  lookups.set(contract, lookup);
  return lookup;
}

/** Built once per contract: contracts are immutable and live as long as their model. */
const lookups = new WeakMap<FeatureContract, Lookup>();

const SOURCE_NAMES = {
  store: "the feature store",
  request: "the request's features",
  context: "the request's context",
} as const satisfies Record<Feature["source"], string>;
