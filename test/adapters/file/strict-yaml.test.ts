import { describe, expect, test } from "vitest";
import { parseStrictYaml } from "../../../src/adapters/file/strict-yaml.ts";

function parsed(text: string) {
  return parseStrictYaml(Buffer.from(text, "utf8"));
}

test("plain YAML 1.2 is read as data", () => {
  expect(parsed("a: 0.01 # why\nb: { c: [x, 'no', yes, -3] }\nd: true\ne:\n")).toEqual({
    ok: true,
    value: { a: 0.01, b: { c: ["x", "no", "yes", -3] }, d: true, e: null },
  });
});

describe("what does not mean what it looks like is refused, with its place", () => {
  test.each([
    ["a: 1\nb: 2\na: 3", "line 3, column 1", "twice"],
    ["a: { b: 1, b: 1 }", "line 1, column 12", "twice"],
    ["a: &x 1", "line 1, column 7", "anchor"],
    ["a: &x 1\nb: *x", "line 2, column 4", "alias"],
    ["a: !!str 1", "line 1, column 10", "tag"],
    ["a: !custom { b: 1 }", "line 1, column 12", "tag"],
    ["%YAML 1.1\n---\na: yes", "line 1", "directive"],
    ["%TAG ! tag:example.com,2000:\n---\na: 1", "line 1", "directive"],
    ["a: 1\n---\nb: 2", "line 2, column 1", "multiple documents"],
    ["1: x", "line 1, column 1", "key that is not plain text"],
    ["? [a]\n: x", "line 1, column 3", "key that is not plain text"],
    ["a: [1, 2", "line 1, column 9", "sequence"],
    ["a: b: c", "line 1, column 4", "Nested mappings"],
    ["\ta: 1", "line 1, column 1", "tab"],
  ])("%j", (text, path, words) => {
    const opened = parsed(text);
    expect(opened.ok ? [] : opened.faults).toContainEqual({
      path,
      rule: expect.stringMatching(new RegExp(words, "i")),
    });
  });

  test.each([".inf", "-.inf", ".nan", "1e3", "1E-7", "0x10", "0o17", "010", "+1", ".5", "5."])(
    "the number %s",
    (text) => {
      expect(parsed(`a: ${text}`)).toEqual({
        ok: false,
        faults: [{ path: "line 1, column 4", rule: expect.stringContaining("plain decimal") }],
      });
    },
  );

  test("several faults are reported together", () => {
    const opened = parsed("a: &x 1e3\na: *x\n");
    expect(opened.ok ? 0 : opened.faults.length).toBe(4);
  });
});

describe("bytes that are not UTF-8 text are refused", () => {
  test.each([
    ["a byte order mark", Buffer.from("\uFEFFa: 1", "utf8"), "byte order mark"],
    ["UTF-16 with its mark", Buffer.from("\uFEFFa: 1", "utf16le"), "not UTF-8"],
    ["UTF-16 without", Buffer.from("a: 1", "utf16le"), "not UTF-8"],
    ["Latin-1", Buffer.from("a: é", "latin1"), "not UTF-8"],
    ["a NUL", Buffer.from("a: x\0", "utf8"), "not UTF-8"],
    ["an escape sequence", Buffer.from("a: \u001b[2J", "utf8"), "not UTF-8"],
  ])("%s", (_, bytes, words) => {
    expect(parseStrictYaml(bytes)).toEqual({
      ok: false,
      faults: [{ path: "", rule: expect.stringContaining(words) }],
    });
  });
});

/** Linear work takes 2 s here at most; what the parser does by itself takes 16 s and more on these files. */
const HOSTILE_TIMEOUT_MS = 10_000;

describe("hostile files cost little", () => {
  const anchors = [
    "a0: &a0 [x, x]",
    ...Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [*a${i}, *a${i}, *a${i}]`),
  ].join("\n");

  test.each([
    ["an anchors bomb", anchors],
    ["brackets, 200,000 deep", "[".repeat(200_000)],
    ["closed brackets before open ones", `${"]".repeat(100)}${"[".repeat(200_000)}`],
    ["maps, 50,000 deep", "{a: ".repeat(50_000)],
    ["lists in one line, 100,000 deep", "- ".repeat(100_000)],
    ["explicit keys, 100,000 deep", "? ".repeat(100_000)],
    ["80,000 anchors on one value", "&a ".repeat(80_000)],
    ["80,000 tags on one value", "!a ".repeat(80_000)],
    ["lists line by line, 700 deep", Array.from({ length: 700 }, (_, i) => `${" ".repeat(i)}-`).join("\n") + "\n!"],
  ])(
    "%s",
    (_, text) => {
      expect(parsed(text)).toMatchObject({ ok: false });
    },
    HOSTILE_TIMEOUT_MS,
  );

  test(
    "30,000 keys are read in linear time",
    () => {
      const text = Array.from({ length: 30_000 }, (_, i) => `k${i}: 0`).join("\n");
      expect(parsed(text)).toMatchObject({ ok: true });
    },
    HOSTILE_TIMEOUT_MS,
  );

  test("no more than 50 faults are reported", () => {
    const opened = parsed("a: .inf\n".repeat(1_000));
    expect(opened.ok ? 0 : opened.faults.length).toBe(50);
  });
});
