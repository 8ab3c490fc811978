import { describe, expect, it } from "vitest";
import { NormalEquations } from "../../../src/core/numerics/ridge.ts";

function fitted(rows: readonly (readonly [readonly number[], number])[], penalty: number): readonly number[] {
  const equations = new NormalEquations(rows[0]?.[0].length ?? 0);
  for (const [x, y] of rows) equations.add(Float64Array.from(x), y);
  return [...equations.solve(penalty)];
}

describe("ridge regression", () => {
  it("finds the line that the rows are on when nothing is penalised", () => {
    const [intercept = 0, slope = 0] = fitted(
      [
        [[1, 0], 1],
        [[1, 1], 3],
        [[1, 2], 5],
      ],
      0,
    );
    expect(intercept).toBeCloseTo(1, 12);
    expect(slope).toBeCloseTo(2, 12);
  });

  it("shrinks the slope and not the intercept: β = Σxy/(Σx² + n·penalty) of centred columns", () => {
    const rows = [
      [[1, -1], 0],
      [[1, 1], 4],
    ] as const;
    const [intercept = 0, slope = 0] = fitted(rows, 1);
    expect(intercept).toBeCloseTo(2, 12);
    expect(slope).toBeCloseTo(4 / (2 + 2), 12);
  });

  it("adds the sums of parts up to those of the whole", () => {
    const [a, b] = [new NormalEquations(2), new NormalEquations(2)];
    a.add(Float64Array.of(1, 2), 3);
    b.add(Float64Array.of(1, 5), -1);
    const all = new NormalEquations(2);
    all.join(a.parts());
    all.join(b.parts());
    expect([...all.solve(0.1)]).toEqual(
      fitted(
        [
          [[1, 2], 3],
          [[1, 5], -1],
        ],
        0.1,
      ),
    );
  });

  it("predicts 0 from no rows", () => {
    expect([...new NormalEquations(3).solve(1)]).toEqual([0, 0, 0]);
  });
});
