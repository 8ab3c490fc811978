/**
 * JSON as RFC 8259 means it, and no more: what `JSON.parse` repairs or lets pass is refused, because
 * two readers of one body must not see two different requests (I-JSON, RFC 7493).
 *
 * Duplicate keys are found by counting: valid JSON has one `:` outside strings per key it writes, and
 * `JSON.parse` keeps one own key per distinct name, so the counts differ exactly when a name repeats.
 */
import { isUtf8 } from "node:buffer";
import { JSON_DEPTH_MAX, JSON_KEYS_MAX } from "../contract/limits.ts";
import { type ErrorCode, LiftgateError } from "../core/errors.ts";
import { duplicateKeyPath, type Place, pathTo, type Step } from "./strict-json-path.ts";

const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACKET = 0x5d;
const CLOSE_BRACE = 0x7d;

/**
 * The value of a request body.
 *
 * Throws a `LiftgateError` that says where, never with a value of the body: `invalid_json` (also for
 * an empty body and for numbers beyond ±1.8e308), `invalid_utf8` (also for a byte order mark and for
 * lone surrogates written as escapes), `duplicate_key`, `forbidden_key`, `body_too_deep`, `body_too_wide`.
 */
export function strictParse(body: Buffer): unknown {
  if (body.length === 0) throw new LiftgateError("invalid_json", "The body is empty");
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    throw new LiftgateError("invalid_utf8", "The body starts with a byte order mark");
  }
  if (!isUtf8(body)) throw new LiftgateError("invalid_utf8", "The body is not valid UTF-8");
  const keysWritten = survey(body);
  const text = body.toString("utf8");
  const value = parse(text);
  const keysKept = keysIn(value, null, "");
  if (keysKept !== keysWritten) refuse("duplicate_key", duplicateKeyPath(text), "must be there once");
  return value;
}

/** Counts the keys written and bounds the depth, in one pass over the bytes, before anything is built from them. */
function survey(body: Buffer): number {
  let keysWritten = 0;
  let depth = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i];
    if (byte === QUOTE) {
      for (i++; i < body.length && body[i] !== QUOTE; i++) {
        if (body[i] === BACKSLASH) i++;
      }
    } else if (byte === COLON) {
      keysWritten++;
    } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
      if (++depth > JSON_DEPTH_MAX)
        throw new LiftgateError("body_too_deep", `The body nests more than ${JSON_DEPTH_MAX} levels`);
    } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth--;
    }
  }
  return keysWritten;
}

type JsonValue = null | boolean | number | string | JsonValue[] | { readonly [key: string]: JsonValue };

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message quotes the body.
    throw new LiftgateError("invalid_json");
  }
}

/**
 * Counts the keys of all objects in the value and refuses what may not be in it. `survey` bounded the
 * depth. A `Place` is made per container, not per leaf: most values are leaves and nothing is wrong with them.
 */
function keysIn(value: JsonValue | undefined, parent: Place | null, key: Step): number {
  switch (typeof value) {
    case "string":
      // As bytes a lone surrogate is not valid UTF-8; as an escape it is valid JSON.
      if (!value.isWellFormed()) refuse("invalid_utf8", pathTo(parent, key), "must not hold a lone surrogate");
      return 0;
    case "number":
      if (value === Infinity || value === -Infinity)
        refuse("invalid_json", pathTo(parent, key), "must be a number within ±1.8e308");
      return 0;
    case "object":
      if (value === null) return 0;
      return Array.isArray(value) ? keysInArray(value, { parent, key }) : keysInObject(value, { parent, key });
    default:
      return 0;
  }
}

function keysInArray(items: readonly JsonValue[], place: Place): number {
  let keys = 0;
  for (let i = 0; i < items.length; i++) keys += keysIn(items[i], place, i);
  return keys;
}

function keysInObject(value: { readonly [key: string]: JsonValue }, place: Place): number {
  let own = 0;
  let nested = 0;
  // `JSON.parse` makes own properties, `__proto__` included, and nothing inherited is enumerable.
  for (const key in value) {
    if (++own > JSON_KEYS_MAX)
      refuse("body_too_wide", pathTo(place.parent, place.key), `must have at most ${JSON_KEYS_MAX} keys`);
    if (key === "__proto__" || key === "constructor" || key === "prototype") {
      refuse("forbidden_key", pathTo(place, key), "must not be named so");
    }
    if (!key.isWellFormed()) refuse("invalid_utf8", pathTo(place, key), "must not have a lone surrogate in its name");
    nested += keysIn(value[key], place, key);
  }
  return own + nested;
}

function refuse(code: ErrorCode, path: string, rule: string): never {
  throw new LiftgateError(code, undefined, [{ path, rule }]);
}
