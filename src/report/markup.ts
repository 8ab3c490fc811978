/** HTML that is safe by how it is made: text that goes into a template is escaped, what is HTML already is not. */

export interface Html {
  readonly html: string;
}

/** What a template takes. */
export type Content = Html | string | readonly Html[];

/**
 * @example html`<b>${"a < b"}</b>`.html // "<b>a &lt; b</b>"
 */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return { html: parts.map((part, i) => part + textOf(contents[i] ?? "")).join("") };
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (found) => ENTITIES[found] ?? found);
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function textOf(content: Content): string {
  if (typeof content === "string") return escaped(content);
  return "html" in content ? content.html : content.map((each) => each.html).join("\n");
}
