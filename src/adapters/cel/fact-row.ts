/**
 * The features of one user as the rule engine reads them.
 *
 * The engine looks a typed field up with `get` when the object is a Map, and takes `undefined` for
 * missing, which is what `has()` asks. Reading through to the facts costs nothing per feature; turning
 * them into a Map would cost one entry for every feature, asked for or not.
 */
export class FactRow extends Map<string, number | string> {
  #features: Readonly<Record<string, number | string>> = {};

  /** Shows these features from now on. */
  show(features: Readonly<Record<string, number | string>>): void {
    this.#features = features;
  }

  override get(name: string): number | string | undefined {
    return Object.hasOwn(this.#features, name) ? this.#features[name] : undefined;
  }
}
