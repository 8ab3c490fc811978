/** HTML that is safe by how it is made. */
import { describe, expect, it } from "vitest";
import { escaped, html } from "../../src/report/markup.ts";

describe("markup", () => {
  it("escapes text, and takes HTML as it is", () => {
    expect(html`<b title="${`"'`}">${"a < b & c"}</b>${html`<i></i>`}`.html).toBe(
      '<b title="&quot;&#39;">a &lt; b &amp; c</b><i></i>',
    );
  });

  it("puts lists on lines of their own", () => {
    expect(html`${["a", "b"].map((each) => html`<li>${each}</li>`)}`.html).toBe("<li>a</li>\n<li>b</li>");
  });

  it("escapes twice what is told to be text twice", () => {
    expect(escaped(escaped("<"))).toBe("&amp;lt;");
  });
});
