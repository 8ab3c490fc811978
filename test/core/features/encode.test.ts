import { describe, expect, it } from "vitest";
import type { Feature, FeatureContract } from "../../../src/core/domain/model.ts";
import { decodeRow } from "../../../src/core/features/decode.ts";
import { completeRow, encodeRow, missingRow } from "../../../src/core/features/encode.ts";

function feature(index: number, name: string, fields: Partial<Feature> = {}): Feature {
  const plain = {
    source: "store",
    onMissing: "nan",
    default: null,
    min: 0,
    max: 100,
    vocabulary: null,
    unknownCode: null,
  } as const;
  return { index, name, kind: "numeric", ...plain, ...fields };
}

const CONTRACT: FeatureContract = {
  set: "made-up",
  digest: "sha256:0",
  features: [
    feature(0, "recency"),
    feature(1, "history", { onMissing: "default", default: 20.5, max: 1e6 }),
    feature(2, "channel", {
      kind: "categorical",
      min: null,
      max: null,
      vocabulary: ["Phone", "Web", "Multichannel"],
      unknownCode: -1,
    }),
    feature(3, "newbie", { kind: "boolean", max: 1, onMissing: "reject", source: "request" }),
    feature(4, "constructor", { source: "context", min: -5, max: 5 }),
  ],
};

describe("encoding a row", () => {
  it("rounds numbers to float32, turns flags to 0 and 1, categories to their position", () => {
    const { values, unknown, faults } = encodeRow(CONTRACT, {
      recency: 6,
      history: 329.08,
      channel: "Web",
      newbie: true,
      constructor: -1.5,
    });
    // 329.08 in float32 by numpy: float(np.float32(329.08)) = 329.0799865722656
    expect(values).toEqual(Float32Array.of(6, 329.0799865722656, 1, 1, -1.5));
    expect([unknown, faults]).toEqual([[], []]);
  });

  it("leaves names not given, and null, missing, even when an object inherits such a name", () => {
    const { values } = encodeRow(CONTRACT, { recency: null, newbie: false });
    expect(values).toEqual(Float32Array.of(NaN, NaN, NaN, 0, NaN));
  });

  it("gives a category outside the vocabulary the unknown code", () => {
    for (const word of ["Carrier pigeon", "", "web", "toString", "__proto__"]) {
      expect(encodeRow(CONTRACT, { channel: word }).values[2]).toBe(-1);
    }
  });

  it("takes 0 and 1 for flags, as data files spell them, and nothing else", () => {
    expect([0, 1, false, true].map((value) => encodeRow(CONTRACT, { newbie: value }).values[3])).toEqual([0, 1, 0, 1]);
    for (const value of [2, 0.5, "true", "1"]) {
      expect(encodeRow(CONTRACT, { newbie: value }).faults).toEqual([
        { path: "newbie", rule: "must be true or false" },
      ]);
    }
  });

  it("checks the range on the number as given, ends included", () => {
    expect(encodeRow(CONTRACT, { recency: 0, constructor: 5 }).faults).toEqual([]);
    // Rounds to 100 in float32, but is above it.
    expect(encodeRow(CONTRACT, { recency: 100.000001 }).faults).toEqual([
      { path: "recency", rule: "must be at most 100" },
    ]);
    expect(encodeRow(CONTRACT, { constructor: -5.1 }).faults).toEqual([
      { path: "constructor", rule: "must be at least -5" },
    ]);
  });

  it("refuses values of another type and numbers that are not finite", () => {
    const raw = { recency: "6", history: NaN, channel: 1, constructor: Infinity };
    expect(encodeRow(CONTRACT, raw).faults).toEqual([
      { path: "recency", rule: "must be a finite number" },
      { path: "history", rule: "must be a finite number" },
      { path: "channel", rule: "must be a string" },
      { path: "constructor", rule: "must be a finite number" },
    ]);
    expect(encodeRow(CONTRACT, { recency: true }).faults).toEqual([
      { path: "recency", rule: "must be a finite number" },
    ]);
  });

  it("lists names the contract does not have apart from faults", () => {
    const { unknown, faults } = encodeRow(CONTRACT, { age: 40, recency: 1, toString: 1 });
    expect([unknown, faults]).toEqual([["age", "toString"], []]);
  });

  it("writes over a base row without changing it, and null takes a value away", () => {
    const base = Float32Array.of(6, 100, 2, 1, NaN);
    expect(encodeRow(CONTRACT, { history: null, newbie: 0 }, { base }).values).toEqual(
      Float32Array.of(6, NaN, 2, 0, NaN),
    );
    expect(base).toEqual(Float32Array.of(6, 100, 2, 1, NaN));
  });

  it("refuses features of sources the call does not take", () => {
    const { values, faults } = encodeRow(CONTRACT, { recency: 6, newbie: 1, constructor: 1 }, { sources: ["request"] });
    expect(faults).toEqual([
      { path: "recency", rule: "comes from the feature store and cannot be given here" },
      { path: "constructor", rule: "comes from the request's context and cannot be given here" },
    ]);
    expect(values).toEqual(Float32Array.of(NaN, NaN, NaN, 1, NaN));
  });
});

describe("completing a row", () => {
  it("applies defaults, names what was missing, and what must not be", () => {
    const row = missingRow(CONTRACT);
    const completed = completeRow(CONTRACT, row);
    expect(completed.values).toEqual(Float32Array.of(NaN, 20.5, NaN, NaN, NaN));
    expect(completed.missing).toEqual(["recency", "history", "channel", "newbie", "constructor"]);
    expect(completed.required).toEqual(["newbie"]);
    expect(row).toEqual(Float32Array.of(NaN, NaN, NaN, NaN, NaN));
  });

  it("leaves a whole row as it is", () => {
    const row = Float32Array.of(1, 2, 0, 1, -1);
    expect(completeRow(CONTRACT, row)).toEqual({ values: row, missing: [], required: [] });
  });
});

describe("decoding a row", () => {
  it("names numbers, flags as numbers, and categories as strings", () => {
    expect(decodeRow(CONTRACT, Float32Array.of(6, 329.08, 2, 1, -0.5))).toEqual({
      recency: 6,
      history: 329.0799865722656,
      channel: "Multichannel",
      newbie: 1,
      constructor: -0.5,
    });
  });

  it("leaves out missing values and unknown categories", () => {
    const facts = decodeRow(CONTRACT, Float32Array.of(NaN, 0, -1, NaN, NaN));
    expect(Object.entries(facts)).toEqual([["history", 0]]);
  });

  it("gives back what was encoded, for every category and flag", () => {
    for (const channel of ["Phone", "Web", "Multichannel"]) {
      for (const newbie of [0, 1]) {
        const { values } = encodeRow(CONTRACT, { recency: 7, history: 0.5, channel, newbie, constructor: 0 });
        expect(decodeRow(CONTRACT, values)).toEqual({ recency: 7, history: 0.5, channel, newbie, constructor: 0 });
      }
    }
  });
});
