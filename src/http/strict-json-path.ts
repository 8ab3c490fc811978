/** Where in a JSON body something is wrong, as callers read it: `users[3].features.recency`. Off the hot path. */

export type Step = string | number;

/** A container in the body: the step that leads to it from its parent. The body itself has no parent. */
export interface Place {
  readonly parent: Place | null;
  readonly key: Step;
}

/**
 * The path of `key` in `parent`; "" for the body itself.
 *
 * @example pathTo({ parent: { parent: null, key: "" }, key: "actions" }, 2) // "actions[2]"
 */
export function pathTo(parent: Place | null, key: Step): string {
  const steps: Step[] = [];
  let step = key;
  for (let place = parent; place !== null; place = place.parent) {
    steps.unshift(step);
    step = place.key;
  }
  return pathText(steps);
}

/**
 * The steps as callers read them.
 *
 * @example pathText(["users", 3, "userId"]) // "users[3].userId"
 */
export function pathText(steps: readonly Step[]): string {
  return steps.map(stepText).join("").replace(/^\./, "");
}

/**
 * The path of the first key that its object has already, or "" if there is none.
 *
 * @param text valid JSON
 * @example duplicateKeyPath('{"a":[{"b":1,"\\u0062":2}]}') // "a[0].b"
 */
export function duplicateKeyPath(text: string): string {
  const open: Container[] = [];
  for (let i = 0; i < text.length; i++) {
    const top = open.at(-1);
    const char = text[i];
    if (char === "{" || char === "[") {
      const place = top === undefined ? { parent: null, key: "" } : { parent: top.place, key: top.at };
      open.push({ place, seen: char === "{" ? new Set() : null, at: 0, expectsKey: char === "{" });
    } else if (char === "}" || char === "]") {
      open.pop();
    } else if (char === "," && top !== undefined) {
      startNext(top);
    } else if (char === '"') {
      const end = closingQuote(text, i);
      if (top?.expectsKey === true && !takeKey(top, text.slice(i, end + 1))) return pathTo(top.place, top.at);
      i = end;
    }
  }
  return "";
}

/** Keys a caller made up can be long or unprintable; they are not repeated. */
function stepText(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z0-9_:@/+=-]{1,64}$/.test(step) ? `.${step}` : ".*";
}

/** An object or array that is open at the scan's position. */
interface Container {
  readonly place: Place;
  /** Keys met so far; null for an array. */
  readonly seen: Set<string> | null;
  /** The current key or index. */
  at: Step;
  expectsKey: boolean;
}

function startNext(container: Container): void {
  if (container.seen !== null) container.expectsKey = true;
  else if (typeof container.at === "number") container.at += 1;
}

/** @returns whether the key is new in its object. */
function takeKey(container: Container, literal: string): boolean {
  const key = String(JSON.parse(literal));
  const isNew = container.seen?.has(key) === false;
  container.seen?.add(key);
  container.at = key;
  container.expectsKey = false;
  return isNew;
}

function closingQuote(text: string, openingQuote: number): number {
  let i = openingQuote + 1;
  while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
  return i;
}
