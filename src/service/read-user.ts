/** What is known of one user now: their features, and the model the program routes them to. */
import type { FeatureContract } from "../core/domain/model.ts";
import type { Facts, Program, Route } from "../core/domain/program.ts";
import type { RecordedFeatures } from "../core/domain/record.ts";
import { type InputFault, invariant, LiftgateError } from "../core/errors.ts";
import { decodeRow } from "../core/features/decode.ts";
import { completeRow, type EncodedRow, encodeRow, missingRow } from "../core/features/encode.ts";
import type { FeatureRead, FeatureStore, UpliftModel } from "../core/ports.ts";
import type { AdmittedRequest } from "./admit.ts";
import type { DecisionServices } from "./services.ts";

export interface KnownUser {
  readonly model: UpliftModel;
  /** Named values of every usable row of the program's models. */
  readonly facts: Facts["features"];
  /** The row to score; null when there is none that may be used. */
  readonly row: Float32Array | null;
  /** Whether the row holds every feature. */
  readonly complete: boolean;
  readonly recorded: RecordedFeatures | null;
}

/** What reading a user takes: the services, with any store to read from. */
export type UserReader = Pick<DecisionServices, "models" | "metrics" | "nowMs" | "monotonicMs"> & {
  readonly features: Pick<FeatureStore, "read">;
};

/** One contract's row as read: usable (fresh, of this contract), or not. */
interface ContractRow {
  readonly contract: FeatureContract;
  readonly values: Float32Array | null;
  readonly observedAtMs: number | null;
  readonly stale: boolean;
}

/** Rows from more than this far in the future are not trusted: the writer's clock is wrong. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Reads the user in one round trip.
 *
 * @throws LiftgateError `unknown_feature`, `invalid_feature` for request-time values;
 * `feature_store_unavailable` when the store does not answer in time; `model_failed` when a model the
 * program routes to is not loaded
 */
export async function readUser(services: UserReader, request: AdmittedRequest): Promise<KnownUser> {
  const models = routedModels(services, request.program);
  const contracts = contractsOf(models);
  const given = givenRows(contracts, request);
  const reads = await services.features.read(request.userId, contracts);
  const rows = contracts.map((contract, i) =>
    rowOf(services, request.program, { contract, read: reads[i], given: given[i]?.values ?? null }),
  );
  const facts = factsOf(rows);
  const model = routeTo(models, request.program.routes, { features: facts, context: request.context });
  const own = rows.find((row) => row.contract.set === model.contract.set);
  invariant(own !== undefined, "every routed model's contract was read");
  return knownUser(services, request, { model, facts, own });
}

/** The models of the program's routes, in order. */
function routedModels({ models }: UserReader, { routes }: Program): readonly UpliftModel[] {
  return routes.map(({ model: { name, version } }) => {
    const loaded = models.find(name, version);
    if (loaded === undefined) throw new LiftgateError("model_failed", `the model ${name}@${version} is not loaded`);
    return loaded;
  });
}

/** One contract per feature set. */
function contractsOf(models: readonly UpliftModel[]): readonly FeatureContract[] {
  const contracts: FeatureContract[] = [];
  for (const { contract } of models) if (!contracts.some(({ set }) => set === contract.set)) contracts.push(contract);
  return contracts;
}

/** First match wins; the last route matches everybody. */
function routeTo(models: readonly UpliftModel[], routes: readonly Route[], facts: Facts): UpliftModel {
  const model = models[routes.findIndex(({ when }) => when === null || when(facts))];
  invariant(model !== undefined, "a program's last route matches everybody");
  return model;
}

/** The named values of all usable rows. */
function factsOf(rows: readonly ContractRow[]): Facts["features"] {
  const [first, ...others] = rows.map(({ contract, values }) => (values === null ? {} : decodeRow(contract, values)));
  return others.length === 0 ? (first ?? {}) : Object.assign({}, first, ...others);
}

/**
 * What the caller says of the user's features, one row per contract: `features` for source request,
 * `context` for source context. Checked whole before anything is read.
 */
function givenRows(contracts: readonly FeatureContract[], { features, context }: AdmittedRequest): readonly GivenRow[] {
  const rows = contracts.map((contract) => givenRow(contract, features, context));
  if (rows.every((row) => row === NOTHING_GIVEN)) return rows;
  const faults = rows.flatMap((row) => row.faults);
  if (faults.length > 0) throw new LiftgateError("invalid_feature", undefined, faults);
  const strangers = Object.keys(features).filter((name) => rows.every((row) => row.unknown.includes(name)));
  if (strangers.length === 0) return rows;
  const rule = "is not a feature of this program's models";
  throw new LiftgateError(
    "unknown_feature",
    undefined,
    strangers.map((name) => ({ path: `features.${name}`, rule })),
  );
}

function givenRow(
  contract: FeatureContract,
  features: AdmittedRequest["features"],
  context: AdmittedRequest["context"],
): GivenRow {
  const momentary = contract.features.filter(({ source, name }) => source === "context" && context[name] !== undefined);
  if (momentary.length === 0 && Object.keys(features).length === 0) return NOTHING_GIVEN;
  const moment = Object.fromEntries(momentary.map(({ name }) => [name, context[name] ?? null]));
  const fromContext = encodeRow(contract, moment, { sources: ["context"] });
  const fromRequest = encodeRow(contract, features, { base: fromContext.values, sources: ["request"] });
  return {
    values: fromRequest.values,
    unknown: fromRequest.unknown,
    faults: [...fromContext.faults.map(under("context.")), ...fromRequest.faults.map(under("features."))],
  };
}

/** Request-time values in contract order, NaN where none was given; null values when none was given at all. */
type GivenRow = Omit<EncodedRow, "values"> & { readonly values: Float32Array | null };
const NOTHING_GIVEN: GivenRow = { values: null, unknown: [], faults: [] };

function under(prefix: string) {
  return ({ path, rule }: InputFault): InputFault => ({ path: `${prefix}${path}`, rule });
}

/** The given values over the base row. */
function overlay(base: Float32Array, given: Float32Array | null): Float32Array {
  return given === null ? base : base.map((value, i) => (Number.isNaN(given[i]) ? value : (given[i] ?? value)));
}

function rowOf(
  { metrics, nowMs }: UserReader,
  program: Program,
  { contract, read, given }: { contract: FeatureContract; read: FeatureRead | undefined; given: Float32Array | null },
): ContractRow {
  const nothing = { contract, values: null, observedAtMs: null, stale: false };
  if (read?.kind === "mismatch") metrics.contractMismatch(contract.set);
  if (read?.kind !== "found") {
    const needsStore = contract.features.some(({ source }) => source === "store");
    return needsStore ? nothing : { ...nothing, values: overlay(missingRow(contract), given) };
  }
  const { observedAtMs } = read;
  const ageMs = nowMs() - observedAtMs;
  metrics.featureAge(program.id, ageMs);
  if (ageMs > program.features.maxAgeMs || ageMs < -CLOCK_SKEW_MS) return { ...nothing, observedAtMs, stale: true };
  return { contract, values: overlay(read.values, given), observedAtMs, stale: false };
}

function knownUser(
  { metrics, nowMs }: UserReader,
  { program }: AdmittedRequest,
  { model, facts, own }: { model: UpliftModel; facts: Facts["features"]; own: ContractRow },
): KnownUser {
  const { values: found, observedAtMs, contract } = own;
  const tooOld = model.maxAgeMs !== null && observedAtMs !== null && nowMs() - observedAtMs > model.maxAgeMs;
  const { values, missing, required } = completeRow(contract, found ?? missingRow(contract));
  if (found !== null) for (const feature of missing) metrics.missingFeature(program.id, feature);
  return {
    model,
    facts,
    row: found === null || tooOld || required.length > 0 ? null : values,
    complete: missing.length === 0,
    recorded: {
      contract: contract.digest,
      values: nullWhereMissing(values),
      observedAt: observedAtMs === null ? null : new Date(observedAtMs).toISOString(),
      missing,
      stale: own.stale || tooOld,
    },
  };
}

/** JSON has no NaN. */
function nullWhereMissing(row: Float32Array): readonly (number | null)[] {
  const values: (number | null)[] = [];
  for (let i = 0; i < row.length; i++) {
    const value = row[i] as number;
    values.push(Number.isNaN(value) ? null : value);
  }
  return values;
}
