/**
 * Weights of a bootstrap replicate: independent Poisson(1) draws, which for many units stand for drawing them with
 * replacement (Hanley, MacGibbon 2006; Chamandy et al. 2012).
 *
 * Uniforms: Mulberry32 (Tommy Ettinger 2017, public domain), started from a seed mixed with the replicate's number.
 * Poisson by inversion of its distribution; a draw above 8 (1 in 10⁶) counts as 8.
 */
const CUMULATIVE = [
  1, 2, 2.5, 2.6666666666666665, 2.7083333333333335, 2.716666666666667, 2.7180555555555554, 2.718253968253968,
].map((sum) => sum / Math.E);
const INCREMENT = 0x6d2b79f5;

/** One weight a unit, the same for the same seed and replicate. */
export function poissonWeights(
  units: number,
  { seed, replicate }: { readonly seed: number; readonly replicate: number },
): Uint8Array {
  const weights = new Uint8Array(units);
  let state = (Math.imul(seed, 0x85ebca6b) ^ Math.imul(replicate + 1, 0xc2b2ae35)) | 0;
  for (let i = 0; i < units; i++) {
    state = (state + INCREMENT) | 0;
    const uniform = mixed(state) / 0x100000000;
    let weight = 0;
    while (weight < CUMULATIVE.length && uniform >= (CUMULATIVE[weight] as number)) weight += 1;
    weights[i] = weight;
  }
  return weights;
}

function mixed(state: number): number {
  let x = Math.imul(state ^ (state >>> 15), state | 1);
  x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
  return (x ^ (x >>> 14)) >>> 0;
}
