import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chordArea, curveOf } from "../../../../src/core/evaluation/uplift/curves.ts";
import { type Comparison, ranked } from "../../../../src/core/evaluation/uplift/ranked-rows.ts";
import {
  aucc,
  excess,
  perfectAuuc,
  perfectQini,
  upliftAt,
} from "../../../../src/core/evaluation/uplift/ranking-metrics.ts";

interface Row {
  readonly score: number;
  readonly treated: number;
  readonly value: number;
  readonly cost: number;
  readonly weight: number;
}

/** Both arms are there. */
const rowsOfBoth = fc
  .array(
    fc.record({
      score: fc.integer({ min: -3, max: 3 }),
      treated: fc.constantFrom(0, 1),
      value: fc.constantFrom(0, 1),
      cost: fc.integer({ min: 0, max: 5 }),
      weight: fc.integer({ min: 1, max: 4 }),
    }),
    { maxLength: 60 },
  )
  .map((rows): readonly Row[] => [
    ...rows,
    { score: 0, treated: 1, value: 1, cost: 2, weight: 1 },
    { score: 1, treated: 0, value: 0, cost: 0, weight: 1 },
  ]);

function columns(rows: readonly Row[]): Comparison {
  return {
    score: Float64Array.from(rows, ({ score }) => score),
    treated: Uint8Array.from(rows, ({ treated }) => treated),
    value: Float64Array.from(rows, ({ value }) => value),
    cost: Float64Array.from(rows, ({ cost }) => cost),
    weight: Float64Array.from(rows, ({ weight }) => weight),
  };
}

function metricsOf(rows: readonly Row[]) {
  const order = ranked(columns(rows));
  return [
    excess(curveOf("qini", order, order.weight)),
    excess(curveOf("uplift", order, order.weight)),
    aucc(order, order.weight) ?? 0,
    ...upliftAt(order, order.weight, { shares: [1], strategy: "overall" }),
  ];
}

function expectAlike(actual: readonly number[], wanted: readonly number[]) {
  wanted.forEach((metric, k) => expect(actual[k]).toBeCloseTo(metric, 9));
}

describe("ranking metrics", () => {
  it("do not depend on the order of rows, ties or not", () => {
    fc.assert(
      fc.property(rowsOfBoth, (rows) => {
        expectAlike(metricsOf(rows.toReversed()), metricsOf(rows));
      }),
    );
  });

  it("take a weight as a repetition of the row", () => {
    fc.assert(
      fc.property(rowsOfBoth, (rows) => {
        const repeated = rows.flatMap((row) => Array.from({ length: row.weight }, () => ({ ...row, weight: 1 })));
        expectAlike(metricsOf(rows), metricsOf(repeated));
      }),
    );
  });

  it("do not change when scores do and their order does not", () => {
    fc.assert(
      fc.property(rowsOfBoth, (rows) => {
        expectAlike(metricsOf(rows.map((row) => ({ ...row, score: Math.exp(row.score) }))), metricsOf(rows));
      }),
    );
  });

  it("of one score for all are those of a random order", () => {
    fc.assert(
      fc.property(rowsOfBoth, (rows) => {
        const [qini, auuc, area] = metricsOf(rows.map((row) => ({ ...row, score: 7 })));
        expect(qini).toBeCloseTo(0, 12);
        expect(auuc).toBeCloseTo(0, 12);
        expect([0, 0.5]).toContain(Math.round((area ?? NaN) * 1e9) / 1e9);
      }),
    );
  });

  it("end at the average effect", () => {
    fc.assert(
      fc.property(rowsOfBoth, (rows) => {
        const order = ranked(columns(rows));
        const [, , , effect = NaN] = metricsOf(rows);
        for (const name of ["qini", "uplift"] as const) {
          expect(chordArea(curveOf(name, order, order.weight))).toBeCloseTo(effect / 2, 9);
        }
      }),
    );
  });

  it("normalised by the perfect ranking are 1 for it", () => {
    const rows = Array.from({ length: 400 }, (_, i): Row => {
      const treated = i % 2;
      const value = Number(i % 5 === 0);
      return { score: treated === 1 ? value : -value, treated, value, cost: 0, weight: 1 };
    });
    const byQini = ranked(columns(rows));
    expect(perfectQini(byQini, byQini.weight)).toBeCloseTo(1, 12);
    // 40 of the control respond, and 160 of the treated do not: the treated go first of those who agree.
    const ideal = rows.map((row) => ({ ...row, score: 2 * Number(row.value === row.treated) + row.treated }));
    const byAuuc = ranked(columns(ideal));
    expect(perfectAuuc(byAuuc, byAuuc.weight)).toBeCloseTo(1, 12);
  });

  it("tell an order by efficiency from its reverse: areas under the cost curve add up to 1", () => {
    // Two groups of one cost: the first gains 3 a row, the second 1. By hand: ½·½·¾ + ½·(¾ + 1)/2 = 0.625.
    const rows = Array.from({ length: 80 }, (_, i): Row => {
      const treated = i % 2;
      const good = i < 40;
      return { score: Number(good), treated, value: treated * (good ? 3 : 1), cost: treated, weight: 1 };
    });
    const order = ranked(columns(rows));
    expect(aucc(order, order.weight)).toBeCloseTo(0.625, 12);
    const reversed = ranked(columns(rows.map((row) => ({ ...row, score: -row.score }))));
    expect(aucc(reversed, reversed.weight)).toBeCloseTo(0.375, 12);
  });

  it("have no area under the cost curve where nothing costs", () => {
    const order = ranked(columns([{ score: 1, treated: 1, value: 1, cost: 0, weight: 1 }]));
    expect(aucc(order, order.weight)).toBeNull();
  });

  it("let infinite scores go first and last", () => {
    const rows = [0, -Infinity, Infinity, Infinity].map((score) => ({
      score,
      treated: 1,
      value: 0,
      cost: 0,
      weight: 1,
    }));
    const { score, last } = ranked(columns(rows));
    expect([...score]).toEqual([Infinity, Infinity, 0, -Infinity]);
    expect([...last]).toEqual([0, 1, 1, 1]);
  });
});
