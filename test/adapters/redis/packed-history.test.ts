import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  HISTORY_BYTES_MAX,
  packDecisionId,
  packOffer,
  unpackHistory,
} from "../../../src/adapters/redis/packed-history.ts";
import { type KeptOffer, OFFERS_MAX } from "../../../src/core/domain/offer.ts";

const SEED = 20261125;
const VERSION = Buffer.of(1);

describe("a packed history", () => {
  test("of any offers is read as they were, without what only the store needs", () => {
    fc.assert(
      fc.property(fc.array(anyOffer(), { minLength: 1, maxLength: 20 }), (offers) => {
        const read = unpackHistory(Buffer.concat([VERSION, ...offers.map(packOffer)]));
        expect(read).toEqual({
          kind: "found",
          offers: offers.map(({ program, action, channel, decidedAtMs, expiresAtMs }) => ({
            program,
            action,
            channel,
            decidedAtMs,
            expiresAtMs,
          })),
        });
      }),
      { seed: SEED, numRuns: 300 },
    );
  });

  test("that was cut anywhere but after an offer is a mismatch", () => {
    fc.assert(
      fc.property(anyOffer(), anyOffer(), (first, second) => {
        const firstEnd = 1 + packOffer(first).length;
        const whole = Buffer.concat([VERSION, packOffer(first), packOffer(second)]);
        for (let length = 1; length < whole.length; length++) {
          expect(unpackHistory(whole.subarray(0, length)).kind).toBe(length === firstEnd ? "found" : "mismatch");
        }
      }),
      { seed: SEED, numRuns: 20 },
    );
  });

  test("of random bytes is a mismatch", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), (bytes) => {
        for (const version of [Buffer.alloc(0), VERSION]) {
          expect(unpackHistory(Buffer.concat([version, bytes]))).toEqual({ kind: "mismatch" });
        }
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("of the most and longest offers is as long as a history can be", () => {
    const name = "x".repeat(64);
    const longest = {
      ...fc.sample(anyOffer(), { seed: SEED, numRuns: 1 })[0],
      program: name,
      action: name,
      channel: name,
    };
    const packed = packOffer(longest as KeptOffer);
    expect(1 + OFFERS_MAX * packed.length).toBe(HISTORY_BYTES_MAX);
    const full = Buffer.concat([VERSION, ...Array<Buffer>(OFFERS_MAX).fill(packed)]);
    expect(unpackHistory(full)).toMatchObject({ kind: "found", offers: { length: OFFERS_MAX } });
    expect(unpackHistory(Buffer.concat([full, packed]))).toEqual({ kind: "mismatch" });
  });

  test("has no place for a decision id that is not a UUID, nor for a name that no program has", () => {
    expect(() => packDecisionId("decision-1")).toThrow("invariant broken");
    const [offer] = fc.sample(anyOffer(), { seed: SEED, numRuns: 1 });
    expect(() => packOffer({ ...(offer as KeptOffer), action: "x".repeat(65) })).toThrow("invariant broken");
  });
});

function anyOffer(): fc.Arbitrary<KeptOffer> {
  const instant = fc.oneof(fc.nat(), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
  const name = fc.stringMatching(/^[a-z0-9][a-z0-9_-]{0,63}$/);
  return fc.record({
    decisionId: fc.uuid(),
    program: name,
    action: name,
    channel: fc.option(name),
    decidedAtMs: instant,
    expiresAtMs: instant,
    keepUntilMs: instant,
  });
}
