import { describe, expect, it } from "vitest";
import { actionDraw, assignArm, isInCanary } from "../../../src/core/decision/luck.ts";
import type { Arm } from "../../../src/core/domain/decision.ts";
import { programWith } from "../../support/programs.ts";

const UNITS = 100_000;
/** χ² with 2 degrees of freedom: P(χ² > 18.42) = 1e-4. */
const CRITICAL = 18.42;
const program = programWith({
  holdout: { share: 0.05, salt: "h" },
  evaluation: { share: 0.15, salt: "e", table: null },
});

describe("a canary", () => {
  const canary = { ...program, version: 2 };
  const units = Array.from({ length: UNITS }, (_, i) => `unit-${i}`);
  const unitsAt = (share: number, of = canary) => units.filter((unit) => isInCanary({ program: of, share }, unit));

  it.each([0.01, 0.1, 0.5, 0.9])("has a share of %f of 100,000 units in sequence", (share) => {
    const [inside, outside] = [UNITS * share, UNITS * (1 - share)];
    const off = unitsAt(share).length - inside;
    // χ² with 1 degree of freedom: P(χ² > 15.14) = 1e-4.
    expect(off ** 2 / inside + off ** 2 / outside).toBeLessThan(15.14);
  });

  it("keeps every unit as it grows", () => {
    const [small, larger] = [unitsAt(0.1), new Set(unitsAt(0.3))];
    expect(small.filter((unit) => !larger.has(unit))).toEqual([]);
  });

  it("holds of each arm, and of low and high draws, its share: it depends on neither", () => {
    const share = 0.2;
    const groups = Map.groupBy(units, (unit) => `${assignArm(canary, unit)} ${actionDraw(canary, unit, "r") < 0.5}`);
    expect(groups.size).toBe(6);
    let chiSquare = 0;
    for (const group of groups.values()) {
      const off = group.filter((unit) => isInCanary({ program: canary, share }, unit)).length - group.length * share;
      chiSquare += off ** 2 / (group.length * share) + off ** 2 / (group.length * (1 - share));
    }
    // χ² with 6 degrees of freedom: P(χ² > 27.86) = 1e-4.
    expect(chiSquare).toBeLessThan(27.86);
  });

  it("of another version begins with other units", () => {
    const next = new Set(unitsAt(0.1, { ...canary, version: 3 }));
    const both = unitsAt(0.1).filter((unit) => next.has(unit)).length;
    // Independent: 1 % of all, ± 5 standard deviations.
    expect(Math.abs(both - UNITS * 0.01)).toBeLessThan(5 * Math.sqrt(UNITS * 0.01 * 0.99));
  });
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
