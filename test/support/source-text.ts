/**
 * TypeScript source cut into code, strings, comments and patterns, as far as rules about the source need
 * it: what is said in a comment or a string is not what the code does.
 *
 * Not a parser. Whether `/` begins a pattern is judged by the character before it, which a pattern right
 * after a `)` or a division right after a `}` would defeat; the formatter writes neither.
 */
export interface Segment {
  readonly kind: "code" | "string" | "comment" | "pattern";
  readonly text: string;
}

const COMMENT = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
const PATTERN = /\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y;
/** Text of a template up to its end or its next `${`. */
const TEMPLATE = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y;
/** What may stand before a pattern; after anything else `/` divides. */
const BEFORE_PATTERN = /(?:^|[([{},;=:?!&|+\-*%<>~^]|\b(?:return|typeof|case|in|of|await|throw))\s*$/;

/** The segments in order; together they are the source. Code inside a template's `${}` is code. */
export function segmentsOf(source: string): readonly Segment[] {
  const segments: Segment[] = [];
  /** Open braces inside each template expression that the reading is in. */
  const templates: number[] = [];
  let code = "";
  let at = 0;
  const take = (kind: Segment["kind"], pattern: RegExp, from = at): boolean => {
    pattern.lastIndex = from;
    const end = pattern.test(source) ? pattern.lastIndex : -1;
    if (end < 0) return false;
    if (code !== "") segments.push({ kind: "code", text: code });
    code = "";
    const text = source.slice(at, end);
    segments.push({ kind, text });
    at = end;
    if (pattern === TEMPLATE && text.endsWith("${")) templates.push(0);
    return true;
  };
  while (at < source.length) {
    const character = source[at] ?? "";
    if (character === "/" && take("comment", COMMENT)) continue;
    if (character === "/" && BEFORE_PATTERN.test(code) && take("pattern", PATTERN)) continue;
    if ((character === '"' || character === "'") && take("string", STRING)) continue;
    if (character === "`" && take("string", TEMPLATE, at + 1)) continue;
    const depth = templates.at(-1);
    if (depth === 0 && character === "}") {
      templates.pop();
      if (take("string", TEMPLATE)) continue;
    } else if (depth !== undefined && (character === "{" || character === "}")) {
      templates[templates.length - 1] = depth + (character === "{" ? 1 : -1);
    }
    code += character;
    at++;
  }
  if (code !== "") segments.push({ kind: "code", text: code });
  return segments;
}

/** The code alone, with a space where something else stood. */
export function codeOf(segments: readonly Segment[]): string {
  return segments.map(({ kind, text }) => (kind === "code" ? text : " ")).join("");
}

export interface Imported {
  readonly specifier: string;
  /** `type`: gone when the program runs. */
  readonly kind: "value" | "type";
}

/** What the source imports, as written: static, dynamic, re-exported, and files it starts by their URL. */
export function importsOf(segments: readonly Segment[]): readonly Imported[] {
  const words = segments.filter(({ kind }) => kind !== "comment");
  return words.flatMap(({ kind, text }, i) => {
    const before = words[i - 1]?.kind === "code" ? (words[i - 1]?.text ?? "") : "";
    if (kind !== "string" || !/(?:\bfrom|\bimport|\bimport\s*\(|\bnew URL\()\s*$/.test(before)) return [];
    const erased = /\b(?:import|export)\s+type\b[^;]*$/.test(before);
    return [{ specifier: text.slice(1, -1), kind: erased ? "type" : "value" }];
  });
}
