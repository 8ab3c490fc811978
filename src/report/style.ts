/** How the page looks: dark on white, alike on paper and in grey. */
export const STYLE = `
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, "DejaVu Sans", sans-serif; color: #1a1f24; background: #fff; margin: 0; }
main { max-width: 1040px; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 0.6rem; padding-top: 0.6rem; border-top: 1px solid #c9ced3; break-after: avoid; }
p, li { max-width: 46rem; overflow-wrap: anywhere; } p { margin: 0.4rem 0; } ul { margin: 0.4rem 0; padding-left: 1.2rem; }
.verdict { border: 2px solid #1a1f24; border-left-width: 12px; padding: 1rem 1.25rem; }
.verdict.do_not_ship { border-style: double; border-width: 6px; border-left-width: 12px; }
.verdict.cannot_tell { border-style: dashed; }
.wide { overflow-x: auto; margin: 0.8rem 0 1.2rem; }
table { border-collapse: collapse; font-size: 0.87rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; white-space: nowrap; font-weight: 600; padding-bottom: 0.3rem; }
th, td { padding: 0.3rem 0.9rem 0.3rem 0; vertical-align: top; text-align: left; font-weight: 400; overflow-wrap: break-word; }
td b, th b { font-weight: 600; }
thead th { border-bottom: 1.5px solid #1a1f24; font-weight: 600; vertical-align: bottom; }
tbody th, tbody td { border-bottom: 1px solid #e4e7ea; }
.figure { text-align: right; } thead .figure { white-space: normal; } td.figure small { display: block; white-space: nowrap; }
th small, td small { color: #4a535b; font-size: 0.92em; } td.figure div, td.figure data { white-space: nowrap; }
code { display: block; font: 0.78rem/1.4 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; min-width: 12rem; color: #4a535b; }
figure { margin: 0.8rem 0 1rem; break-inside: avoid; } figcaption { font-size: 0.87rem; color: #4a535b; }
figure svg { max-width: 100%; height: auto; display: block; }
details { margin: 0.3rem 0; } summary { cursor: pointer; font-size: 0.9rem; }
tr { break-inside: avoid; }
@page { margin: 14mm; }
@media print {
  :root { font-size: 12px; } body { font-size: 12px; } main { max-width: none; padding: 0; } .wide { overflow: visible; }
  summary { display: none; } details::details-content { content-visibility: visible; block-size: auto; }
}`;
