/** What a manifest must say beyond its shape: everything in it agrees with everything else. */
import type { Manifest } from "../../contract/manifest.ts";
import { NO_OFFER } from "../../core/domain/program.ts";
import type { Fault } from "../../core/ports.ts";
import { featureDigestOf } from "./model-contract.ts";

export interface ManifestPlace {
  /** `<name>/<version>`. */
  readonly folder: string;
  readonly nowMs: number;
}

/** All faults, none when the manifest is consistent. */
export function checkManifest(manifest: Manifest, place: ManifestPlace): readonly Fault[] {
  return [
    ...checkIdentity(manifest, place),
    ...checkFiles(manifest),
    ...manifest.features.flatMap(checkFeature),
    ...checkFeatureSet(manifest),
    ...checkActionsAndHeads(manifest),
    ...checkCalibration(manifest),
  ].map(({ path, rule }) => ({ path: `manifest.json#/${path}`, rule }));
}

function checkIdentity({ name, version, expiresAt }: Manifest, { folder, nowMs }: ManifestPlace): readonly Fault[] {
  const faults: Fault[] = [];
  const [folderName, folderVersion] = folder.split("/");
  if (name !== folderName) faults.push({ path: "name", rule: "must equal the name of the model's folder" });
  if (version !== folderVersion) faults.push({ path: "version", rule: "must equal the name of the version's folder" });
  if (expiresAt !== null && Date.parse(expiresAt) <= nowMs) {
    faults.push({ path: "expiresAt", rule: `the model expired at ${expiresAt}; train a new version` });
  }
  return faults;
}

function checkFiles({ files, graph, golden }: Manifest): readonly Fault[] {
  const faults: Fault[] = [];
  for (const [path, file] of [
    ["graph/file", graph.file],
    ["golden/file", golden.file],
  ] as const) {
    if (!Object.hasOwn(files, file)) faults.push({ path, rule: "must name a file that files lists with its hash" });
  }
  return faults;
}

function checkFeature(feature: Manifest["features"][number], position: number): readonly Fault[] {
  const faults: Fault[] = [];
  const refuse = (key: string, rule: string): void => {
    faults.push({ path: `features/${position}/${key}`, rule });
  };
  const { kind, index, onMissing, default: fallback, min, max, vocabulary, statistics } = feature;
  if (index !== position) refuse("index", `must be ${position}: features are listed in index order`);
  if ((onMissing === "default") !== (fallback !== null)) {
    refuse("default", "must be a number when onMissing is default, and null when it is not");
  }
  if (kind === "categorical") {
    if (new Set(vocabulary).size !== vocabulary.length) refuse("vocabulary", "must not hold a category twice");
    if (statistics.frequencies.length !== vocabulary.length) {
      refuse("statistics/frequencies", "must have one share per category of the vocabulary");
    }
    if (fallback !== null && !(Number.isInteger(fallback) && fallback >= -1 && fallback < vocabulary.length)) {
      refuse("default", "must be the code of a category of the vocabulary, or -1");
    }
    return faults;
  }
  if (min > max) refuse("min", "must not be above max");
  if (kind === "boolean" && (min !== 0 || max !== 1)) refuse("min", "must be 0, and max 1, for a boolean feature");
  if (fallback !== null && !(fallback >= min && fallback <= max)) refuse("default", "must lie within min and max");
  if (statistics.psiExpected.length !== statistics.psiBins.length + 1) {
    refuse("statistics/psiExpected", "must have one share more than psiBins has inner edges");
  }
  return faults;
}

function checkFeatureSet({ features, featureDigest }: Manifest): readonly Fault[] {
  const faults = repeated(
    features.map(({ name }) => name),
    "features",
    "name",
  );
  const digest = featureDigestOf(features);
  if (featureDigest === digest) return faults;
  const rule = `does not belong to these features (a feature was added, removed or changed); right would be ${digest}`;
  return [...faults, { path: "featureDigest", rule }];
}

function checkActionsAndHeads({ actions, heads, replicates, uncertainty }: Manifest): readonly Fault[] {
  const faults = [
    ...repeated(actions, "actions"),
    ...repeated(
      heads.map(({ id }) => id),
      "heads",
      "id",
    ),
  ];
  if (actions.includes(NO_OFFER)) {
    faults.push({ path: "actions", rule: `must not list ${NO_OFFER}: it is always there and has no output` });
  }
  for (const kind of ["value", "cost"] as const) {
    if (!heads.some((head) => head.kind === kind)) faults.push({ path: "heads", rule: `must have a ${kind} head` });
  }
  heads.forEach((head, position) => {
    if (head.kind !== "baseline") return;
    const of = heads.find(({ id }) => id === head.of);
    if (of !== undefined && of.kind !== "baseline") return;
    faults.push({ path: `heads/${position}/of`, rule: "must name a value or cost head of this model" });
  });
  if (uncertainty.replicates !== replicates) {
    faults.push({ path: "uncertainty/replicates", rule: `must be ${replicates}, as replicates says` });
  }
  return faults;
}

function checkCalibration({ actions, heads, calibration }: Manifest): readonly Fault[] {
  const uplifts = heads.filter(({ kind }) => kind !== "baseline").map(({ id }) => id);
  const faults = sameKeys(uplifts, calibration, "calibration");
  for (const head of uplifts) {
    const byAction = Object.hasOwn(calibration, head) ? calibration[head] : undefined;
    if (byAction === undefined) continue;
    faults.push(...sameKeys(actions, byAction, `calibration/${head}`));
    for (const [action, calibrator] of Object.entries(byAction)) {
      if (calibrator.kind !== "isotonic") continue;
      const { x, y } = calibrator;
      const path = `calibration/${head}/${action}`;
      if (x.length !== y.length) faults.push({ path: `${path}/y`, rule: `must have ${x.length} values, as x has` });
      if (!isOrdered(x, (before, after) => before < after))
        faults.push({ path: `${path}/x`, rule: "must be strictly ascending" });
      if (!isOrdered(y, (before, after) => before <= after))
        faults.push({ path: `${path}/y`, rule: "must not descend" });
    }
  }
  return faults;
}

/** Faults unless the record's keys are exactly those expected. */
function sameKeys(expected: readonly string[], found: Readonly<Record<string, unknown>>, path: string): Fault[] {
  const missing = expected.filter((key) => !Object.hasOwn(found, key));
  const unknown = Object.keys(found).filter((key) => !expected.includes(key));
  return [
    ...missing.map((key) => ({ path: `${path}/${key}`, rule: "is missing" })),
    ...unknown.map((key) => ({ path: `${path}/${key}`, rule: "names nothing this manifest declares" })),
  ];
}

function repeated(names: readonly string[], list: string, key?: string): Fault[] {
  return names.flatMap((name, position) => {
    if (names.indexOf(name) === position) return [];
    const path = key === undefined ? `${list}/${position}` : `${list}/${position}/${key}`;
    return [{ path, rule: "must not be listed twice" }];
  });
}

function isOrdered(values: readonly number[], inOrder: (before: number, after: number) => boolean): boolean {
  return values.every((value, i) => i === 0 || inOrder(values[i - 1] ?? NaN, value));
}
