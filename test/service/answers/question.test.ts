import fc from "fast-check";
import { expect, test } from "vitest";
import { DecideRequest } from "../../../src/contract/decide.ts";
import { questionOf } from "../../../src/service/answers/question.ts";

const BODY = DecideRequest.parse({
  programId: "p",
  userId: "u",
  requestId: "r",
  context: { surface: "checkout", platform: "ios" },
  features: { recency: 6, channel: "Web" },
});

const fingerprint = (body: DecideRequest) => questionOf(body, "caller", (id) => id).fingerprint;

test("a question is the same however it is spelled, and wherever its requestId is", () => {
  const { requestId: _, ...rest } = BODY;
  expect(fingerprint(rest)).toBe(fingerprint(BODY));
  const respelled = { ...BODY, context: { platform: "ios", surface: "checkout" } };
  expect(fingerprint(respelled)).toBe(fingerprint(BODY));
  expect(fingerprint({ ...BODY, explain: false })).toBe(fingerprint(BODY));
});

test("another question has another fingerprint", () => {
  const others: readonly Partial<DecideRequest>[] = [
    { programId: "q" },
    { userId: "v" },
    { clusterId: "c" },
    { explain: true },
    { actions: ["a"] },
    { context: { surface: "checkout" } },
    { context: { surface: "checkout", platform: "android" } },
    { context: {} },
    { features: { recency: 6 } },
    { features: { recency: 6, channel: null } },
  ];
  const all = [BODY, ...others.map((other) => ({ ...BODY, ...other }))].map(fingerprint);
  expect(new Set(all).size).toBe(all.length);
});

test("values cannot be shifted from one field to another", () => {
  const text = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(text, text, text, text, (a, b, c, d) => {
      fc.pre(a !== c || b !== d);
      expect(fingerprint({ ...BODY, context: { a, b } })).not.toBe(fingerprint({ ...BODY, context: { a: c, b: d } }));
    }),
    { seed: 20_261_127 },
  );
});

test("users stand in it as they stand in the log", () => {
  const peppered = questionOf(BODY, "caller", (id) => `hash-of-${id}`).fingerprint;
  expect(peppered).not.toBe(fingerprint(BODY));
  expect(peppered).toBe(fingerprint({ ...BODY, userId: "hash-of-u" }));
});
