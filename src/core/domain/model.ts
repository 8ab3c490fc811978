/** A monotone correction of one head for one action, fitted out of fold by the training side. */
export type Calibrator =
  | { readonly kind: "identity" }
  | { readonly kind: "linear"; readonly intercept: number; readonly slope: number }
  | { readonly kind: "isotonic"; readonly x: readonly number[]; readonly y: readonly number[] };

/** One column of a model's input row. Encoded as one float32; NaN is missing. */
export interface Feature {
  readonly index: number;
  readonly name: string;
  readonly kind: "numeric" | "categorical" | "boolean";
  readonly source: "store" | "request" | "context";
  readonly onMissing: "nan" | "default" | "reject";
  readonly default: number | null;
  /** Allowed range of numeric and boolean features, ends included. */
  readonly min: number | null;
  readonly max: number | null;
  /** Categories in code order: the code is the position. */
  readonly vocabulary: readonly string[] | null;
  readonly unknownCode: number | null;
}

/** The packed row a model reads: order, names and encodings, pinned by the digest. */
export interface FeatureContract {
  /** The name its rows are stored under: the model's name, shared by its versions. */
  readonly set: string;
  readonly digest: string;
  readonly features: readonly Feature[];
}

export interface Head {
  readonly id: string;
  readonly kind: "value" | "cost" | "baseline";
}

/** What the core needs to know of a model to turn its outputs into money. */
export interface ModelOutputs {
  readonly actions: readonly string[];
  readonly heads: readonly Head[];
  readonly replicates: number;
  /** Per value or cost head, per action of the model in order. */
  readonly calibration: Readonly<Record<string, readonly Calibrator[]>>;
}

/**
 * Raw outputs of one run over a batch, and which row of it is ours.
 * Per value/cost head: float32 [N, A, R], flat. Baselines are not read when deciding.
 */
export interface RawScores {
  readonly heads: Readonly<Record<string, Float32Array>>;
  readonly row: number;
}
