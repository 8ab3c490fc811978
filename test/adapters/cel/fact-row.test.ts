import { expect, test } from "vitest";
import { FactRow } from "../../../src/adapters/cel/fact-row.ts";

test("a row gives the shown features, and undefined for what is missing or inherited", () => {
  const row = new FactRow();
  expect(row.get("recency")).toBeUndefined();
  row.show({ recency: 6, region: "open" });
  expect([row.get("recency"), row.get("region"), row.get("newbie"), row.get("constructor")]).toEqual([
    6,
    "open",
    undefined,
    undefined,
  ]);
  row.show({});
  expect(row.get("recency")).toBeUndefined();
});
