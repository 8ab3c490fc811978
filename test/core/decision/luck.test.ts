import { describe, expect, it } from "vitest";
import { actionDraw, assignArm } from "../../../src/core/decision/luck.ts";
import type { Arm } from "../../../src/core/domain/decision.ts";
import { programWith } from "../../support/programs.ts";

const UNITS = 100_000;
/** χ² with 2 degrees of freedom: P(χ² > 18.42) = 1e-4. */
const CRITICAL = 18.42;
const program = programWith({
  holdout: { share: 0.05, salt: "h" },
  evaluation: { share: 0.15, salt: "e", table: null },
});

describe("arms", () => {
  it("have their declared shares over 100,000 units in sequence", () => {
    const counts: Record<Arm, number> = { holdout: 0, evaluation: 0, policy: 0 };
    for (let i = 0; i < UNITS; i++) counts[assignArm(program, `unit-${i}`)] += 1;
    const shares: Record<Arm, number> = { holdout: 0.05, evaluation: 0.15, policy: 0.8 };
    const chiSquare = (Object.keys(counts) as Arm[]).reduce(
      (sum, arm) => sum + (counts[arm] - UNITS * shares[arm]) ** 2 / (UNITS * shares[arm]),
      0,
    );
    expect(chiSquare).toBeLessThan(CRITICAL);
  });

  it("are permanent, and another salt or program deals anew", () => {
    const other = { ...program, id: "other-program" };
    let moved = 0;
    for (let i = 0; i < 1_000; i++) {
      expect(assignArm(program, `unit-${i}`)).toBe(assignArm(program, `unit-${i}`));
      if (assignArm(program, `unit-${i}`) !== assignArm(other, `unit-${i}`)) moved += 1;
    }
    // Independent arms differ with probability 1 − (0.05² + 0.15² + 0.8²) = 0.335.
    expect(moved).toBeGreaterThan(270);
    expect(moved).toBeLessThan(400);
  });

  it("of share 0 are empty and of share 1 hold everybody", () => {
    const none = programWith();
    const held = programWith({ holdout: { share: 1, salt: "h" } });
    const drawn = programWith({ evaluation: { share: 1, salt: "e", table: null } });
    for (let i = 0; i < 1_000; i++) {
      expect([none, held, drawn].map((each) => assignArm(each, `unit-${i}`))).toEqual([
        "policy",
        "holdout",
        "evaluation",
      ]);
    }
  });
});

describe("action draws", () => {
  it("lie in [0, 1) and differ by unit, request, salt and program", () => {
    const salted = programWith({ exploration: { strategy: "greedy", floor: 0, salt: "other" } });
    const draws = [
      actionDraw(program, "u", "r"),
      actionDraw(program, "u", "s"),
      actionDraw(program, "v", "r"),
      actionDraw(salted, "u", "r"),
      actionDraw({ ...program, id: "other-program" }, "u", "r"),
    ];
    expect(new Set(draws).size).toBe(draws.length);
    for (const u of draws) expect(u >= 0 && u < 1).toBe(true);
    expect(actionDraw(program, "u", "r")).toBe(draws[0]);
  });
});
