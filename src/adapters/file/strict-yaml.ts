/**
 * YAML as plain data: the part of YAML 1.2 that means what it looks like.
 *
 * Refused: anchors and aliases (a few lines can unfold into gigabytes), tags and directives (they
 * change what a value is), several documents in one file, the same key twice, keys that are not
 * plain text, numbers that are not plain decimals (`.inf`, `.nan`, `1e3`, `0x10`, `010`), nesting that no
 * legal file has, and bytes that are not UTF-8 text.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  Lexer,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLMap,
} from "yaml";
import type { Fault, Opened } from "../../core/ports.ts";

/** The deepest legal file has 4 levels; the parser itself overflows the stack at about 700. */
const DEPTH_MAX = 32;
const PLAIN_DECIMAL = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?$/;
const CONTROL_CHARACTER = /[^\P{Cc}\t\n\r]/u;
/** Faults of one file that are worth reading; each is one line. */
export const FAULTS_MAX = 50;

/** The file's data, not yet checked against any schema; or every fault, by line and column. */
export function parseStrictYaml(bytes: Uint8Array): Opened<unknown> {
  const text = decodeUtf8(bytes);
  if (!text.ok) return text;
  if (isTooDeep(text.value)) {
    return refused([{ path: "", rule: `is nested more than ${DEPTH_MAX} levels deep` }]);
  }
  const lines = new LineCounter();
  const document = parseDocument(text.value, {
    version: "1.2",
    schema: "core",
    lineCounter: lines,
    // Both take quadratic time: repeated keys are found below, and places by the line counter.
    uniqueKeys: false,
    prettyErrors: false,
  });
  const faults = [...syntaxFaults(document, lines), ...nodeFaults(document, lines)];
  return faults.length > 0
    ? refused(faults.slice(0, FAULTS_MAX))
    : { ok: true, value: document.toJS({ maxAliasCount: 0 }) };
}

function refused(faults: readonly Fault[]) {
  return { ok: false, faults } as const;
}

function decodeUtf8(bytes: Uint8Array): Opened<string> {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    return refused([{ path: "", rule: "starts with a byte order mark: save it as UTF-8 without one" }]);
  }
  const rule = "is not UTF-8 text: save it as UTF-8, without control characters";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return CONTROL_CHARACTER.test(text) ? refused([{ path: "", rule }]) : { ok: true, value: text };
  } catch {
    return refused([{ path: "", rule }]);
  }
}

/** Judged on the tokens, before anything recurses: open brackets, and dashes that open lists in one line. */
function isTooDeep(text: string): boolean {
  let brackets = 0;
  let inLine = 0;
  for (const token of new Lexer().lex(text)) {
    if (token === "[" || token === "{") brackets++;
    else if (token === "]" || token === "}") brackets = Math.max(0, brackets - 1);
    else if (token === "-" || token === "?" || token === ":") inLine++;
    else if (token.endsWith("\n")) inLine = 0;
    if (brackets > DEPTH_MAX || (brackets === 0 && inLine > DEPTH_MAX)) return true;
  }
  return false;
}

function syntaxFaults({ errors, directives }: Document.Parsed, lines: LineCounter): readonly Fault[] {
  const faults = errors.map(({ message, pos }) => ({
    path: placeOf(pos[0], lines),
    rule: message,
  }));
  const directive = directives?.yaml.explicit === true || Object.keys(directives?.tags ?? {}).length > 1;
  return directive ? [...faults, { path: "line 1", rule: "has a % directive: take it out" }] : faults;
}

function nodeFaults(document: Document.Parsed, lines: LineCounter): readonly Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Node(_, node) {
      const rules = [...decorationRules(node), ...(isScalar(node) ? numberRules(node) : [])];
      for (const rule of rules) faults.push({ path: placeOf(node.range?.[0] ?? 0, lines), rule });
      if (isMap(node)) faults.push(...keyFaults(node, lines));
    },
  });
  return faults;
}

function decorationRules(node: Node): readonly string[] {
  if (isAlias(node)) return ["is an alias: write the value out"];
  const rules: string[] = [];
  if (node.anchor !== undefined) rules.push("has an anchor: write every value out");
  if (node.tag !== undefined) rules.push("has a tag: values need none");
  return rules;
}

function numberRules({ value, source }: Scalar): readonly string[] {
  if (typeof value !== "number" || PLAIN_DECIMAL.test(source ?? "")) return [];
  return ["is not a plain decimal number, such as 1000 or 0.05"];
}

function keyFaults(map: YAMLMap, lines: LineCounter): readonly Fault[] {
  const seen = new Set<string>();
  const faults: Fault[] = [];
  for (const { key } of map.items) {
    const path = isNode(key) ? placeOf(key.range?.[0] ?? 0, lines) : "";
    if (!isScalar(key) || typeof key.value !== "string") {
      faults.push({ path, rule: "is a key that is not plain text: keys are names" });
    } else if (seen.has(key.value)) {
      faults.push({ path, rule: "is there twice: a key has one value" });
    } else {
      seen.add(key.value);
    }
  }
  return faults;
}

function placeOf(offset: number, lines: LineCounter): string {
  const { line, col } = lines.linePos(offset);
  return `line ${line}, column ${col}`;
}
