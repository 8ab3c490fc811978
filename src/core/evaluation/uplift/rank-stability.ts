/**
 * Whether a model's replicates agree on who gains most: the mean of Spearman's rank correlation over all pairs of
 * replicates. Equal predictions share the mean of their ranks. 1: all rank alike; about 0: the ranking is noise.
 */

/** Predictions [n] of each replicate; null for fewer than two, or where a replicate predicts the same for all. */
export function rankStability(replicates: readonly Float64Array[]): number | null {
  const ranks = replicates.map((predictions) => standardised(ranksOf(predictions)));
  let sum = 0;
  let pairs = 0;
  ranks.forEach((left, i) => {
    for (const right of ranks.slice(i + 1)) {
      sum += left.reduce((total, x, k) => total + x * (right[k] as number), 0);
      pairs += 1;
    }
  });
  const mean = sum / pairs;
  return Number.isFinite(mean) ? mean : null;
}

function ranksOf(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, i) => i).toSorted((a, b) => (values[a] as number) - (values[b] as number));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let until = from + 1;
    while (until < order.length && values[order[until] as number] === values[order[from] as number]) until += 1;
    for (let i = from; i < until; i++) ranks[order[i] as number] = (from + until - 1) / 2;
    from = until;
  }
  return ranks;
}

/** Mean 0 and length 1, so that a product is a correlation. */
function standardised(ranks: Float64Array): Float64Array {
  const mean = ranks.reduce((sum, x) => sum + x, 0) / ranks.length;
  const length = Math.sqrt(ranks.reduce((sum, x) => sum + (x - mean) ** 2, 0));
  return ranks.map((x) => (x - mean) / length);
}
