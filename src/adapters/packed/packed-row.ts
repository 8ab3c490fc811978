/**
 * The bytes of one user's feature row, the same in every store:
 *
 *     offset 0   8 bytes      first 8 bytes of the feature contract's SHA-256 digest
 *     offset 8   float64 LE   observedAt, milliseconds since 1970
 *     offset 16  float32 LE   the values in contract order, NaN where missing
 *
 * A row is read by copying, never parsed: the digest says whether the bytes are these features, the
 * length whether they are all there. Eight bytes tell contracts apart (a chance match of two is 2^-64);
 * they do not protect against a writer who forges rows.
 */
import { endianness } from "node:os";
import { invariant } from "../../core/errors.ts";
import type { FeatureContract } from "../../core/domain/model.ts";
import type { FeatureRead, FeatureRow } from "../../core/ports.ts";

const DIGEST_START = "sha256:".length;
const DIGEST_BYTES = 8;
const HEADER_BYTES = 16;
const MISMATCH = { kind: "mismatch" } as const satisfies FeatureRead;

invariant(endianness() === "LE", "expected a little-endian processor: rows are copied, not converted");

/** Bytes of a row under this contract. */
export function packedBytes(contract: FeatureContract): number {
  return HEADER_BYTES + contract.features.length * Float32Array.BYTES_PER_ELEMENT;
}

/** Packs a row whose values are as many as its contract's features and whose observedAt is finite. */
export function packRow(row: FeatureRow): Uint8Array {
  const { contract, observedAtMs, values } = row;
  const expected = contract.features.length;
  invariant(values.length === expected, `expected ${expected} values for ${contract.set}, got ${values.length}`);
  invariant(Number.isFinite(observedAtMs), "expected a finite observedAt");
  const packed = new Uint8Array(packedBytes(contract));
  packed.set(digestStart(contract), 0);
  new DataView(packed.buffer).setFloat64(DIGEST_BYTES, observedAtMs, true);
  packed.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), HEADER_BYTES);
  return packed;
}

/**
 * Reads a packed row as this contract's features. The values are a copy, so `packed` may start at any
 * offset of its buffer and may change afterwards.
 *
 * @returns `mismatch` when the digest or the length differs or observedAt is not finite
 */
export function unpackRow(packed: Uint8Array, contract: FeatureContract): FeatureRead {
  if (packed.length !== packedBytes(contract)) return MISMATCH;
  const digest = digestStart(contract);
  for (let i = 0; i < DIGEST_BYTES; i++) {
    if (packed[i] !== digest[i]) return MISMATCH;
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  const observedAtMs = view.getFloat64(DIGEST_BYTES, true);
  if (!Number.isFinite(observedAtMs)) return MISMATCH;
  const values = new Float32Array(contract.features.length);
  new Uint8Array(values.buffer).set(packed.subarray(HEADER_BYTES));
  return { kind: "found", observedAtMs, values };
}

/** Contracts live as long as their models, and every read asks: decoded once each. */
const digestStarts = new WeakMap<FeatureContract, Uint8Array>();

function digestStart(contract: FeatureContract): Uint8Array {
  const known = digestStarts.get(contract);
  if (known !== undefined) return known;
  const hex = contract.digest.slice(DIGEST_START, DIGEST_START + 2 * DIGEST_BYTES);
  const bytes = new Uint8Array(Buffer.from(hex, "hex"));
  invariant(bytes.length === DIGEST_BYTES, `expected a sha256: digest for ${contract.set}`);
  digestStarts.set(contract, bytes);
  return bytes;
}
