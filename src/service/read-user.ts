/** What is known of one user now: their features, and the model the program routes them to. */
import type { FeatureContract } from "../core/domain/model.ts";
import type { Facts, Program, Route } from "../core/domain/program.ts";
import type { RecordedFeatures } from "../core/domain/record.ts";
import { invariant, LiftgateError } from "../core/errors.ts";
import { decodeRow } from "../core/features/decode.ts";
import { completeRow, encodeRow, missingRow } from "../core/features/encode.ts";
import type { FeatureRead, FeatureStore, UpliftModel } from "../core/ports.ts";
import type { AdmittedRequest } from "./admit.ts";
import type { DecisionServices } from "./services.ts";

export interface KnownUser {
  readonly kind: "known";
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
export type UserReader = Omit<DecisionServices, "features"> & { readonly features: Pick<FeatureStore, "read"> };

/** One contract's row as read: usable (fresh, of this contract), or not. */
interface ContractRow {
  readonly contract: FeatureContract;
  readonly values: Float32Array | null;
  readonly observedAtMs: number | null;
  readonly stale: boolean;
}

/** Rows from more than this far in the future are not trusted: the writer's clock is wrong. */
const CLOCK_SKEW_MS = 5 * 60_000;
const UNREACHABLE = { kind: "unreachable" } as const;

/**
 * Reads the user in one round trip. `unreachable` when the store does not answer in time or a model
 * the program routes to is not loaded.
 *
 * @throws LiftgateError `unknown_feature`, `invalid_feature` for request-time values
 */
export async function readUser(
  services: UserReader,
  request: AdmittedRequest,
): Promise<KnownUser | typeof UNREACHABLE> {
  const models = routedModels(services, request.program);
  if (models === null) return UNREACHABLE;
  const contracts = [...new Map(models.map(({ contract }) => [contract.set, contract])).values()];
  checkRequestFeatures(contracts, request);
  const reads = await readStore(services, request, contracts);
  if (reads === null) return UNREACHABLE;

  const rows = contracts.map((contract, i) => rowOf(services, request, contract, reads[i]));
  const facts = Object.assign({}, ...rows.map(({ contract, values }) => (values === null ? {} : decodeRow(contract, values))));
  const model = routeTo(models, request.program.routes, { features: facts, context: request.context });
  const own = rows.find((row) => row.contract.set === model.contract.set);
  invariant(own !== undefined, "every routed model's contract was read");
  return knownUser(services, request, { model, facts, own });
}

/** The models of the program's routes, in order; null when one is not loaded. */
function routedModels({ models, metrics }: UserReader, program: Program): readonly UpliftModel[] | null {
  const found = program.routes.flatMap(({ model }) => models.find(model.name, model.version) ?? []);
  if (found.length === program.routes.length) return found;
  metrics.trouble("model_failed");
  return null;
}

/** First match wins; the last route matches everybody. */
function routeTo(models: readonly UpliftModel[], routes: readonly Route[], facts: Facts): UpliftModel {
  const model = models[routes.findIndex(({ when }) => when === null || when(facts))];
  invariant(model !== undefined, "a program's last route matches everybody");
  return model;
}

async function readStore(
  { features, metrics }: UserReader,
  { userId }: AdmittedRequest,
  contracts: readonly FeatureContract[],
): Promise<readonly FeatureRead[] | null> {
  try {
    return await features.read(userId, contracts);
  } catch (error) {
    if (!(error instanceof LiftgateError)) throw error;
    metrics.trouble(error.code);
    return null;
  }
}

/** Refuses request-time values that no contract of the program takes, before anything is read. */
function checkRequestFeatures(contracts: readonly FeatureContract[], { features, context }: AdmittedRequest): void {
  const encoded = contracts.map((contract) => encodeGiven(contract, { features, context }));
  const faults = encoded.flatMap((row) => row.faults);
  if (faults.length > 0) throw new LiftgateError("invalid_feature", undefined, faults.map(under("features.")));
  const strangers = Object.keys(features).filter((name) => encoded.every((row) => row.unknown.includes(name)));
  if (strangers.length > 0) {
    const rule = "is not a feature of this program's models";
    throw new LiftgateError("unknown_feature", undefined, strangers.map((path) => under("features.")({ path, rule })));
  }
}

function under(prefix: string) {
  return ({ path, rule }: { path: string; rule: string }) => ({ path: `${prefix}${path}`, rule });
}

/** The caller's values over a base row: `features` for source request, `context` for source context. */
function encodeGiven(
  contract: FeatureContract,
  { features, context }: Pick<AdmittedRequest, "features" | "context">,
  base?: Float32Array,
) {
  const moment = Object.fromEntries(
    contract.features.flatMap(({ name, source }) => (source === "context" && name in context ? [[name, context[name] ?? null]] : [])),
  );
  const withContext = encodeRow(contract, moment, base === undefined ? {} : { base });
  const withRequest = encodeRow(contract, features, { base: withContext.values, sources: ["request"] });
  return { ...withRequest, faults: [...withContext.faults, ...withRequest.faults] };
}

function rowOf(
  services: UserReader,
  request: AdmittedRequest,
  contract: FeatureContract,
  read: FeatureRead | undefined,
): ContractRow {
  const nothing = { contract, values: null, observedAtMs: null, stale: false };
  if (read?.kind === "mismatch") services.metrics.contractMismatch(contract.set);
  if (read?.kind !== "found") {
    const needsStore = contract.features.some(({ source }) => source === "store");
    return needsStore ? nothing : { ...nothing, values: encodeGiven(contract, request, missingRow(contract)).values };
  }
  const { observedAtMs } = read;
  const ageMs = services.nowMs() - observedAtMs;
  services.metrics.featureAge(request.program.id, ageMs);
  if (ageMs > request.program.features.maxAgeMs || ageMs < -CLOCK_SKEW_MS) return { ...nothing, observedAtMs, stale: true };
  return { contract, values: encodeGiven(contract, request, read.values).values, observedAtMs, stale: false };
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
    kind: "known",
    model,
    facts,
    row: found === null || tooOld || required.length > 0 ? null : values,
    complete: missing.length === 0,
    recorded: {
      contract: contract.digest,
      values: Array.from(values, (value) => (Number.isNaN(value) ? null : value)),
      observedAt: observedAtMs === null ? null : new Date(observedAtMs).toISOString(),
      missing,
      stale: own.stale || tooOld,
    },
  };
}
