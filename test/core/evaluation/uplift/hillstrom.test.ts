import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { endNormalised, gainCurve } from "../../../../src/core/evaluation/uplift/cumulative-gain.ts";
import { type Curve, curveOf } from "../../../../src/core/evaluation/uplift/curves.ts";
import { type Comparison, ranked } from "../../../../src/core/evaluation/uplift/ranked-rows.ts";
import { perfectAuuc, perfectQini, upliftAt } from "../../../../src/core/evaluation/uplift/ranking-metrics.ts";

/** The oracles, and how the scores are made: test/golden/uplift/make_hillstrom.py. */
const points = z.array(z.tuple([z.number(), z.number(), z.number()]));
const shares = z.array(z.tuple([z.number(), z.number()]));
const golden = z
  .object({
    cases: z.array(
      z.object({
        action: z.string(),
        score: z.enum(["fine", "coarse", "worse"]),
        qini_auc_score: z.number(),
        uplift_auc_score: z.number(),
        qini_curve: points,
        uplift_curve: points,
        "uplift_at_k.overall": shares,
        "uplift_at_k.by_group": shares,
        "causalml.gain": points.optional(),
        "causalml.gain.normalized": z.number().optional(),
        "causalml.qini": points.optional(),
        "causalml.qini.normalized": z.number().optional(),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL("../../../golden/uplift/hillstrom.json", import.meta.url), "utf8")));

const customers = gunzipSync(
  readFileSync(new URL("../../../../training/data/hillstrom/hillstrom.csv.gz", import.meta.url)),
)
  .toString()
  .trim()
  .split(/\r?\n/)
  .slice(1)
  .map((line, i) => {
    // One label of the second column has a comma, in quotes.
    const [recency, , history, , , , , , segment, visit] = line.replace(/".*?"/, "").split(",");
    const fine = Number(history) + i / 1_048_576;
    return { segment, visit: Number(visit), fine, coarse: Number(recency), worse: -fine };
  });

function comparison(action: string, score: "fine" | "coarse" | "worse"): Comparison {
  const pair = customers.filter(({ segment }) => segment === "No E-Mail" || segment === action);
  return {
    score: Float64Array.from(pair, (customer) => customer[score]),
    treated: Uint8Array.from(pair, ({ segment }) => Number(segment === action)),
    value: Float64Array.from(pair, ({ visit }) => visit),
    cost: new Float64Array(pair.length),
    weight: new Float64Array(pair.length).fill(1),
  };
}

function expectNear(actual: number | undefined, wanted: number) {
  expect(Math.abs((actual ?? NaN) - wanted)).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
}

/** Curves of the reference are sums over customers. */
function expectCurve(
  { x, y }: Curve,
  wanted: z.infer<typeof points>,
  scale: { readonly x: number; readonly y: number },
) {
  expect(x).toHaveLength((wanted.at(-1)?.[0] ?? NaN) + 1);
  for (const [at, wantedX, wantedY] of wanted) {
    expectNear((x[at] ?? NaN) * scale.x, wantedX);
    expectNear((y[at] ?? NaN) * scale.y, wantedY);
  }
}

describe.each(golden.cases)("on Hillstrom, $action ranked by $score", (wanted) => {
  const rows = ranked(comparison(wanted.action, wanted.score));
  const all = rows.treated.length;
  const treated = rows.treated.reduce((sum, one) => sum + one, 0);

  it("the curves are those of scikit-uplift", () => {
    expectCurve(curveOf("qini", rows, rows.weight), wanted.qini_curve, { x: all, y: treated });
    expectCurve(curveOf("uplift", rows, rows.weight), wanted.uplift_curve, { x: all, y: all });
  });

  it("the areas normalised by the perfect ranking are those of scikit-uplift", () => {
    expectNear(perfectQini(rows, rows.weight), wanted.qini_auc_score);
    expectNear(perfectAuuc(rows, rows.weight), wanted.uplift_auc_score);
  });

  it.each(["overall", "by_group"] as const)("uplift at k, %s, is that of scikit-uplift", (strategy) => {
    const expected = wanted[`uplift_at_k.${strategy}`];
    const found = upliftAt(rows, rows.weight, { shares: expected.map(([share]) => share), strategy });
    expected.forEach(([, uplift], k) => expectNear(found[k], uplift));
  });

  it.runIf(wanted["causalml.gain"])("gain and Qini, and their areas, are those of causalml", () => {
    for (const name of ["gain", "qini"] as const) {
      const curve = gainCurve(name, rows);
      for (const [at, , y] of wanted[`causalml.${name}`] ?? []) expectNear(curve[at], y);
      expectNear(endNormalised(name, rows), wanted[`causalml.${name}.normalized`] ?? NaN);
    }
  });
});
