/** Tables with a caption; a heading that begins with `#` stands over figures, which are set to the right. */
import { type Content, type Html, html } from "./markup.ts";

export interface Table {
  readonly caption: string;
  readonly headings: readonly string[];
  readonly rows: readonly (readonly Content[])[];
}

export function tableOf({ caption, headings, rows }: Table): Html {
  const sides = headings.map((heading) => (heading.startsWith("#") ? "figure" : "text"));
  const head = headings.map(
    (text, i) => html`<th scope="col" class="${sides[i] ?? "text"}">${text.replace("#", "")}</th>`,
  );
  const body = rows.map(
    (row) =>
      html`<tr>
        ${row.map((cell, i) => cellOf(cell, { side: sides[i] ?? "text", first: i === 0 }))}
      </tr>`,
  );
  return html`<div class="wide">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${head}
        </tr>
      </thead>
      <tbody>
        ${body}
      </tbody>
    </table>
  </div>`;
}

/** A table that is folded away on a screen, beside the plot that shows it. */
export function foldedTable(table: Table): Html {
  return html`<details>
    <summary>${table.caption}: the numbers</summary>
    ${tableOf(table)}
  </details>`;
}

function cellOf(cell: Content, { side, first }: { readonly side: string; readonly first: boolean }): Html {
  return first ? html`<th scope="row" class="${side}">${cell}</th>` : html`<td class="${side}">${cell}</td>`;
}
