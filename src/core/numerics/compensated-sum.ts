/**
 * A sum of very many numbers to the precision of one addition: Neumaier 1974, "Rundungsfehleranalyse einiger
 * Verfahren zur Summation endlicher Summen" (Kahan's sum, right also where a term is larger than the sum).
 */
export class CompensatedSum {
  #sum = 0;
  #lost = 0;

  add(term: number): void {
    const sum = this.#sum + term;
    this.#lost += Math.abs(this.#sum) >= Math.abs(term) ? this.#sum - sum + term : term - sum + this.#sum;
    this.#sum = sum;
  }

  /** @example with 1, 1e100, 1 and −1e100 added: 2, where plain addition says 0 */
  total(): number {
    return this.#sum + this.#lost;
  }
}
