/**
 * Ridge regression by its normal equations: (XᵀX + n·penalty·I) β = Xᵀy, the intercept not penalised
 * (Hoerl & Kennard, Technometrics 12, 1970), solved by Cholesky's decomposition: with a penalty above 0 the matrix is
 * symmetric and positive definite.
 */

/** Sums of products over rows: those of the parts of a whole add up. Column 0 of X is 1. */
export class NormalEquations {
  readonly width: number;
  /** XᵀX, row by row; its lower half. */
  readonly #products: Float64Array;
  readonly #targets: Float64Array;
  #rows = 0;

  constructor(width: number) {
    this.width = width;
    this.#products = new Float64Array(width * width);
    this.#targets = new Float64Array(width);
  }

  /** @param x [width], x[0] = 1 */
  add(x: Float64Array, y: number): void {
    this.#rows += 1;
    for (let i = 0; i < this.width; i++) {
      const xi = x[i] as number;
      this.#targets[i] = (this.#targets[i] as number) + xi * y;
      const row = i * this.width;
      for (let j = 0; j <= i; j++) {
        this.#products[row + j] = (this.#products[row + j] as number) + xi * (x[j] as number);
      }
    }
  }

  /** Adds the sums of other rows. */
  join({ sums, targets, rows }: ReturnType<NormalEquations["parts"]>): void {
    this.#rows += rows;
    for (let i = 0; i < sums.length; i++) this.#products[i] = (this.#products[i] as number) + (sums[i] as number);
    for (let i = 0; i < targets.length; i++) this.#targets[i] = (this.#targets[i] as number) + (targets[i] as number);
  }

  parts(): { readonly sums: Float64Array; readonly targets: Float64Array; readonly rows: number } {
    return { sums: this.#products, targets: this.#targets, rows: this.#rows };
  }

  /** β [width]; all 0 for no rows. */
  solve(penalty: number): Float64Array {
    const lower = this.#products.slice();
    const added = Math.max(this.#rows * penalty, Number.MIN_VALUE);
    for (let i = 1; i < this.width; i++) lower[i * this.width + i] = (lower[i * this.width + i] as number) + added;
    if (this.#rows === 0) return new Float64Array(this.width);
    decompose(lower, this.width);
    return substitute(lower, this.#targets);
  }
}

/** A = L·Lᵀ in place, in the lower half. */
function decompose(a: Float64Array, width: number): void {
  for (let j = 0; j < width; j++) {
    for (let i = j; i < width; i++) {
      let sum = a[i * width + j] as number;
      for (let k = 0; k < j; k++) sum -= (a[i * width + k] as number) * (a[j * width + k] as number);
      a[i * width + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / (a[j * width + j] as number);
    }
  }
}

/** Solves L·Lᵀ·β = b. */
function substitute(lower: Float64Array, b: Float64Array): Float64Array {
  const width = b.length;
  const x = b.slice();
  for (let i = 0; i < width; i++) {
    for (let k = 0; k < i; k++) x[i] = (x[i] as number) - (lower[i * width + k] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (lower[i * width + i] as number);
  }
  for (let i = width - 1; i >= 0; i--) {
    for (let k = i + 1; k < width; k++) x[i] = (x[i] as number) - (lower[k * width + i] as number) * (x[k] as number);
    x[i] = (x[i] as number) / (lower[i * width + i] as number);
  }
  return x;
}
