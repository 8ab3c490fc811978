import type { Manifest } from "../../contract/manifest.ts";
import type { UpliftModel } from "../../core/ports.ts";
import { BatchedSession } from "./batched-session.ts";
import { featureContractOf, maxAgeMsOf, modelOutputsOf } from "./model-contract.ts";
import { openSession } from "./runtime.ts";

export interface VerifiedModel {
  readonly manifest: Manifest;
  readonly graph: Uint8Array;
  readonly digest: string;
  readonly onBatch: (model: string, rows: number) => void;
}

/**
 * Opens a verified graph for scoring, warmed up. Baseline heads are not fetched: deciding does not
 * read them. Throws `model_failed`.
 */
export async function openModel({ manifest, graph, digest, onBatch }: VerifiedModel): Promise<UpliftModel> {
  const { name, version, createdAt, expiresAt, features, heads } = manifest;
  const batched = await BatchedSession.open({
    session: await openSession(graph),
    featureCount: features.length,
    heads: heads.filter(({ kind }) => kind !== "baseline").map(({ id }) => id),
    onBatch: (rows) => onBatch(`${name}@${version}`, rows),
  });
  return {
    name,
    version,
    digest,
    createdAt,
    expiresAt,
    manifest,
    outputs: modelOutputsOf(manifest),
    contract: featureContractOf(manifest),
    maxAgeMs: maxAgeMsOf(manifest),
    score: (row) => batched.score(row),
    release: () => batched.release(),
  };
}
