/** What the core needs of a model, taken out of its manifest. */
import { createHash } from "node:crypto";
import { durationMs } from "../../contract/identifiers.ts";
import type { Manifest } from "../../contract/manifest.ts";
import type { Calibrator, FeatureContract, ModelOutputs } from "../../core/domain/model.ts";

export function featureContractOf({ name, featureDigest, features }: Manifest): FeatureContract {
  return { set: name, digest: featureDigest, features };
}

export function modelOutputsOf({ actions, heads, replicates, calibration }: Manifest): ModelOutputs {
  const calibrators: Record<string, readonly Calibrator[]> = {};
  for (const [head, byAction] of Object.entries(calibration)) {
    calibrators[head] = actions.map((action) => byAction[action] ?? { kind: "identity" });
  }
  return { actions, heads: heads.map(({ id, kind }) => ({ id, kind })), replicates, calibration: calibrators };
}

/** The shortest `maxAge` of the stored features, in ms; null when none is limited. */
export function maxAgeMsOf({ features }: Manifest): number | null {
  const ages = features.flatMap(({ source, maxAge }) =>
    source === "store" && maxAge !== null ? [durationMs(maxAge)] : [],
  );
  return ages.length === 0 ? null : Math.min(...ages);
}

/**
 * The digest of the packed row: SHA-256 over one line per feature,
 * `index|name|kind|vocabulary joined by U+001F|unknownCode`, empty where null.
 */
export function featureDigestOf(features: Manifest["features"]): string {
  const hash = createHash("sha256");
  for (const { index, name, kind, vocabulary, unknownCode } of features) {
    hash.update(`${index}|${name}|${kind}|${vocabulary?.join("\u001f") ?? ""}|${unknownCode ?? ""}\n`);
  }
  return `sha256:${hash.digest("hex")}`;
}
