import fc from "fast-check";
import { Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { BucketHistogram } from "../../src/ops/bucket-histogram.ts";

const NAMES = { name: "liftgate_test_seconds", help: "A test" };
const BUCKETS = [0.0001, 0.25, 1, 60];

function both() {
  const [registry, reference] = [new Registry(), new Registry()];
  return {
    ours: new BucketHistogram({ ...NAMES, label: "stage", buckets: BUCKETS, registry }),
    theirs: new Histogram({ ...NAMES, labelNames: ["stage"], buckets: BUCKETS, registers: [reference] }),
    registry,
    reference,
  };
}

/** The lines of an exposition with the labels of each in one order. */
function lines(text: string): readonly string[] {
  return text.split("\n").map((line) => {
    const [, name = line, labels = "", value = ""] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    return `${name} ${labels.split(",").toSorted().join(",")} ${value}`;
  });
}

it("exports what prom-client's own histogram does, bounds included in their bucket", async () => {
  const observation = fc.tuple(
    fc.constantFrom("gather", "total"),
    fc.oneof(fc.constantFrom(0, ...BUCKETS), fc.double({ min: 0, max: 100, noNaN: true })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(observation, { maxLength: 50 }), async (observations) => {
      const { ours, theirs, registry, reference } = both();
      for (const [stage, value] of observations) {
        ours.observe(stage, value);
        theirs.observe({ stage }, value);
      }
      expect(lines(await registry.metrics())).toEqual(lines(await reference.metrics()));
    }),
    { numRuns: 300, seed: 20_261_125 },
  );
});

it("exports the same as JSON, but for exemplars, which it has none of", async () => {
  const { ours, theirs, registry, reference } = both();
  ours.observe("gather", 0.5);
  theirs.observe({ stage: "gather" }, 0.5);
  const expected = JSON.stringify(await reference.getMetricsAsJSON(), (key, value: unknown) =>
    key === "exemplar" ? undefined : value,
  );
  expect(await registry.getMetricsAsJSON()).toEqual(JSON.parse(expected));
});

it("refuses what is not a finite number, and counts nothing of it", async () => {
  const { ours, registry } = both();
  expect(() => ours.observe("gather", NaN)).toThrow("expected a finite observation of liftgate_test_seconds, got NaN");
  expect(await registry.metrics()).not.toContain("gather");
});

it("a registry that is reset starts from nothing", async () => {
  const { ours, registry } = both();
  ours.observe("gather", 1);
  registry.resetMetrics();
  expect(await registry.metrics()).not.toContain("gather");
});
