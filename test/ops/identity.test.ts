import { expect, test } from "vitest";
import { markOfId } from "../../src/core/domain/decision-id.ts";
import { idSource, markOf } from "../../src/ops/identity.ts";

/** RFC 9562, section 5.7: time, version 7, 12 random bits, variant 10, 62 random bits. */
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

test("an id has the time of the RFC's own example, the version and the variant", () => {
  // Appendix A.6: February 22, 2022 19:22:22 GMT is 0x017F22E279B0.
  const id = idSource(() => Date.UTC(2022, 1, 22, 19, 22, 22), "cafe")();
  expect(id).toMatch(UUID_V7);
  expect(id.slice(0, 15)).toBe("017f22e2-79b0-7");
});

test("ids of one millisecond differ, and ids of later ones sort after them", () => {
  let nowMs = Date.UTC(2026, 10, 22);
  const newId = idSource(() => nowMs, "cafe");
  const ids = Array.from({ length: 10_000 }, newId);
  expect(new Set(ids).size).toBe(ids.length);
  nowMs += 1;
  const later = newId();
  expect(ids.every((id) => id < later)).toBe(true);
  nowMs -= 1;
  expect(newId() < later).toBe(true);
});

test("an id ends in the mark of its replica, which is the same in every life of it", () => {
  expect(markOfId(idSource(() => 0, "cafe")())).toBe("cafe");
  expect(markOf("0f3e7d0a-6a4e-4d0e-9c7b-1f1c2a0b9d11")).toMatch(/^[0-9a-f]{4}$/);
  expect(markOf("a")).toBe(markOf("a"));
  expect(markOf("a")).not.toBe(markOf("b"));
});

test("the earliest and the latest time fill their 12 digits", () => {
  expect(idSource(() => 0, "cafe")()).toMatch(/^00000000-0000-7/);
  expect(idSource(() => 2 ** 48 - 1, "cafe")()).toMatch(/^ffffffff-ffff-7/);
});
