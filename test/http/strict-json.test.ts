import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JSON_DEPTH_MAX, JSON_KEYS_MAX } from "../../src/contract/limits.ts";
import { LiftgateError } from "../../src/core/errors.ts";
import { strictParse } from "../../src/http/strict-json.ts";

const SEED = 20261121;

/** Code and first path of the refusal, "" where it names none. */
function refusalOf(body: string | Buffer): readonly [string, string] {
  const error = errorOf(Buffer.from(body));
  return [error.code, error.faults[0]?.path ?? ""];
}

function errorOf(body: Buffer): LiftgateError {
  try {
    strictParse(body);
  } catch (error) {
    if (error instanceof LiftgateError) return error;
    throw error;
  }
  throw new Error("the body was accepted");
}

const nested = (depth: number): string => "[".repeat(depth) + "]".repeat(depth);
const wide = (keys: number): string =>
  JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_, i) => [`k${i}`, i])));

describe("what strict JSON accepts", () => {
  it.each([
    "{}",
    "[]",
    "null",
    "0",
    '""',
    ' {"a" : [1, -0, 1e308, "x:y\\":{[", {"b": null}]} \n',
    '{"":1,"a":{"":2}}',
    '{"toString":1,"hasOwnProperty":2}',
  ])("reads %s as JSON.parse does", (text) => {
    expect(strictParse(Buffer.from(text))).toEqual(JSON.parse(text));
  });

  it("reads text in all planes, written plainly or as escapes", () => {
    expect(strictParse(Buffer.from('{"Zoë🦊":"\\ud83e\\udd8a é"}'))).toEqual({ "Zoë🦊": "🦊 é" });
  });

  it("accepts the limits themselves", () => {
    expect(() => strictParse(Buffer.from(nested(JSON_DEPTH_MAX)))).not.toThrow();
    expect(() => strictParse(Buffer.from(wide(JSON_KEYS_MAX)))).not.toThrow();
  });

  it("does not take the same key in two objects, or a repeated value, for a duplicate", () => {
    expect(() => strictParse(Buffer.from('[{"a":"a"},{"a":"a"},{"b":{"a":1},"a":"b"}]'))).not.toThrow();
  });
});

describe("what strict JSON refuses", () => {
  const bom = Buffer.from([0xef, 0xbb, 0xbf]);
  it.each([
    { what: "an empty body", body: "", code: "invalid_json", path: "" },
    { what: "white space alone", body: " \n", code: "invalid_json", path: "" },
    { what: "a truncated body", body: '{"a":"b', code: "invalid_json", path: "" },
    { what: "a body that ends in an escape", body: '{"a":"b\\', code: "invalid_json", path: "" },
    { what: "two values", body: "{}{}", code: "invalid_json", path: "" },
    { what: "brackets that close too often", body: "]]]]{}", code: "invalid_json", path: "" },
    { what: "NaN", body: '{"a":NaN}', code: "invalid_json", path: "" },
    { what: "Infinity", body: '{"a":-Infinity}', code: "invalid_json", path: "" },
    { what: "a trailing comma", body: '{"a":1,}', code: "invalid_json", path: "" },
    { what: "a comment", body: '{"a":1}//', code: "invalid_json", path: "" },
    { what: "a line feed in text", body: '{"a":"\n"}', code: "invalid_json", path: "" },
    { what: "UTF-16", body: Buffer.from('{"a":1}', "utf16le"), code: "invalid_json", path: "" },
    {
      what: "UTF-16 with its mark",
      body: Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from("{}", "utf16le")]),
      code: "invalid_utf8",
      path: "",
    },
    { what: "a byte order mark", body: Buffer.concat([bom, Buffer.from("{}")]), code: "invalid_utf8", path: "" },
    { what: "a byte that is not UTF-8", body: Buffer.from('{"a":"\xff"}', "latin1"), code: "invalid_utf8", path: "" },
    { what: "an overlong encoding", body: Buffer.from('{"a":"\xc0\xaf"}', "latin1"), code: "invalid_utf8", path: "" },
    {
      what: "a surrogate in UTF-8",
      body: Buffer.from('{"a":"\xed\xa0\x80"}', "latin1"),
      code: "invalid_utf8",
      path: "",
    },
    { what: "an escaped high surrogate alone", body: '{"a":["\\ud800"]}', code: "invalid_utf8", path: "a[0]" },
    { what: "an escaped low surrogate alone", body: '{"a":{"b":"x\\uDC00y"}}', code: "invalid_utf8", path: "a.b" },
    { what: "a surrogate in a key", body: '{"a":{"\\ud800":1}}', code: "invalid_utf8", path: "a.*" },
    { what: "a number over the doubles", body: '{"a":[0,1e999]}', code: "invalid_json", path: "a[1]" },
    { what: "a number under the doubles", body: "-1e999", code: "invalid_json", path: "" },
    { what: "a repeated key", body: '{"a":1,"b":2,"a":1}', code: "duplicate_key", path: "a" },
    { what: "a key repeated as an escape", body: '{"a":1,"\\u0061":2}', code: "duplicate_key", path: "a" },
    {
      what: "a repeated key after text like JSON",
      body: '{"x":"\\\\\\",:{","y":[{},{"a":"}","b":[1,2],"a":{}}]}',
      code: "duplicate_key",
      path: "y[1].a",
    },
    { what: "a repeated empty key", body: '{"":1,"":2}', code: "duplicate_key", path: "*" },
    { what: "a repeated key like an index", body: '[0,{"1":1,"1":2}]', code: "duplicate_key", path: "[1].1" },
    { what: "__proto__", body: '{"__proto__":{"admin":true}}', code: "forbidden_key", path: "__proto__" },
    {
      what: "__proto__ written as an escape",
      body: '{"a":[{"\\u005f_proto__":1}]}',
      code: "forbidden_key",
      path: "a[0].__proto__",
    },
    { what: "constructor", body: '{"a":{"constructor":1}}', code: "forbidden_key", path: "a.constructor" },
    { what: "prototype", body: '{"a":{"b":{"prototype":1}}}', code: "forbidden_key", path: "a.b.prototype" },
    { what: "one level too many", body: nested(JSON_DEPTH_MAX + 1), code: "body_too_deep", path: "" },
    { what: "30,000 levels", body: nested(30_000), code: "body_too_deep", path: "" },
    { what: "30,000 levels of objects", body: '{"a":'.repeat(30_000), code: "body_too_deep", path: "" },
    { what: "one key too many", body: `{"a":[${wide(JSON_KEYS_MAX + 1)}]}`, code: "body_too_wide", path: "a[0]" },
    { what: "10,000 keys", body: wide(10_000), code: "body_too_wide", path: "" },
  ])("$what: $code", ({ body, code, path }) => {
    expect(refusalOf(body)).toEqual([code, path]);
  });

  it("never repeats a value, nor a key that is long or unprintable", () => {
    const secret = "s3cret-".repeat(20);
    const bodies = [
      `{"a":"${secret}`,
      `{"a":1,"a":"${secret}"}`,
      `{"${secret}":1,"${secret}":2}`,
      `{"a\\u0000":1e999}`,
      `{"x":"${secret}","y":"\\ud800${secret}"}`,
    ];
    for (const body of bodies) {
      const { message, faults } = errorOf(Buffer.from(body));
      expect(message + JSON.stringify(faults)).not.toMatch(/s3cret|\\u0000/);
    }
  });
});

/** JSON values within the limits; `-0` and forbidden keys left out, as JSON text does not keep or strict JSON refuses them. */
const key = fc
  .string({ unit: "grapheme", maxLength: 6 })
  .filter((text) => !/^(__proto__|constructor|prototype)$/.test(text));
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.string({ unit: "grapheme" }),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => x + 0),
    fc.constantFrom(null, true, false, 'a":{b', "\\", "\u2028", "\u0000"),
    fc.array(tie("value"), { maxLength: 5 }),
    fc.dictionary(key, tie("value"), { maxKeys: 6, noNullPrototype: true }),
  ),
})).value;

describe("for random JSON", () => {
  it("gives back what was written", () => {
    fc.assert(
      fc.property(json, fc.constantFrom(0, 1), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(strictParse(Buffer.from(text))).toEqual(JSON.parse(text));
        expect(strictParse(Buffer.from(text))).toStrictEqual(value);
      }),
      { seed: SEED, numRuns: 2_000 },
    );
  });

  it("finds a repeated key wherever it is and however it is spelled", () => {
    const entries = fc.uniqueArray(fc.tuple(key, json), { selector: ([name]) => name, minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(entries, fc.tuple(fc.nat(), fc.nat()), json, fc.boolean(), (members, [pick, at], other, escaped) => {
        const texts = members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
        const repeated = members[pick % members.length]?.[0] ?? "";
        const again = `${escaped ? escapedLiteral(repeated) : JSON.stringify(repeated)}:${JSON.stringify(other)}`;
        texts.splice(at % (texts.length + 1), 0, again);
        const [code, path] = refusalOf(`{"before":[{}],"here":[0,{${texts.join(",")}}]}`);
        expect(code).toBe("duplicate_key");
        expect(path).toMatch(/^here\[1\]\./);
      }),
      { seed: SEED, numRuns: 1_000 },
    );
  });
});

/** Every UTF-16 unit of the text as `\uXXXX`. */
function escapedLiteral(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`);
  return `"${units.join("")}"`;
}
