/** A page in one file; it fetches nothing and runs nothing. */
import { type Content, html } from "./markup.ts";
import { STYLE } from "./style.ts";

export function pageOf({ title, main }: { readonly title: string; readonly main: Content }): string {
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src data:"
        />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
        <style>
          ${{ html: STYLE }}
        </style>
      </head>
      <body>
        <main>${main}</main>
      </body>
    </html> `;
  return page.html;
}
