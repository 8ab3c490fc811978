import { describe, expect, it } from "vitest";
import { Group } from "../../../src/adapters/file/line-group.ts";

describe("a group of lines", () => {
  it("grows with its lines and encodes them as UTF-8, each with a line feed", () => {
    const group = new Group();
    const lines = Array.from({ length: 200 }, (_, i) => "a€🦊".repeat(i * 11));
    for (const line of lines) void group.add(line);
    const expected = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    expect(Buffer.from(group.encoded).equals(expected)).toBe(true);
    expect([group.bytes, group.lines]).toEqual([expected.length, 200]);
  });

  it("gives all its lines one fate, and is empty and of a new fate afterwards", async () => {
    const group = new Group();
    const [first, second] = [group.add("1"), group.add("2")];
    group.acknowledge();
    await Promise.all([first, second]);
    expect([group.bytes, group.lines]).toEqual([0, 0]);
    const third = group.add("3");
    group.refuse(new Error("no"));
    await expect(third).rejects.toThrow("no");
  });

  it("may be refused while empty without leaving a rejection nobody handles", () => {
    const group = new Group();
    group.refuse(new Error("no"));
    expect(group.lines).toBe(0);
  });
});
