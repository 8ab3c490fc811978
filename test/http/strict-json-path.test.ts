import { describe, expect, it } from "vitest";
import { duplicateKeyPath, type Place, pathTo } from "../../src/http/strict-json-path.ts";

const body: Place = { parent: null, key: "" };
const users: Place = { parent: body, key: "users" };

describe("paths into a body", () => {
  it.each([
    { path: "", parent: null, key: "" },
    { path: "users", parent: body, key: "users" },
    { path: "[0]", parent: body, key: 0 },
    { path: "users[3]", parent: users, key: 3 },
    { path: "users[3].features", parent: { parent: users, key: 3 }, key: "features" },
    { path: "users.*", parent: users, key: "a b" },
    { path: "users.*", parent: users, key: "x".repeat(65) },
  ])("reads $path", ({ path, parent, key }) => {
    expect(pathTo(parent, key)).toBe(path);
  });

  it.each([
    { text: '{"a":1,"a":2}', path: "a" },
    { text: '{"a":[{"b":1,"\\u0062":2}]}', path: "a[0].b" },
    { text: '[[],[1,[2,3],{"a":[{"x":1}],"b":{"x":1,"y":"\\"","x":1}}]]', path: "[1][2].b.x" },
    { text: '{"a":"a","b":{"a":"b"}}', path: "" },
  ])("finds the first key that is there again in $text", ({ text, path }) => {
    expect(duplicateKeyPath(text)).toBe(path);
  });
});
