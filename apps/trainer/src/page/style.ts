/**
 * The page's looks. Colours are those of Okabe and Ito's palette, told apart by all kinds of colour
 * vision, darker on paper and lighter on a dark screen.
 */
export const style = `
:root {
  --paper: #fdfdfb; --ink: #1b2226; --soft: #59656c; --line: #dde2e4; --raised: #f3f5f5;
  --accent: #0a689f; --contrast: #c4510a;
  color-scheme: light dark;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #13181b; --ink: #e6ebee; --soft: #9aa7ae; --line: #2c353a; --raised: #1a2125;
    --accent: #5fb6ea; --contrast: #f2a14a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 3.5rem 1.5rem 5rem; background: var(--paper); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
main, header { max-width: 1064px; margin: 0 auto; }
h1 { font-size: 2rem; line-height: 1.2; letter-spacing: -0.015em; margin: 0 0 .35rem; font-weight: 650; }
h2 { font-size: 1.3rem; letter-spacing: -0.01em; margin: 3.5rem 0 1.25rem; padding-top: 1rem; border-top: 1px solid var(--line); font-weight: 650; }
section > h3 { margin-top: 2rem; }
main section:first-child h2 { border-top: 0; margin-top: 1.5rem; }
h3 { font-size: 1rem; margin: 0; font-weight: 600; }
p { margin: 0 0 .75rem; max-width: 44rem; }
.soft, header p, figcaption p { color: var(--soft); }
figcaption p { font-size: .875rem; line-height: 1.45; margin: .2rem 0 .6rem; max-width: 46rem; }
.key { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 1.5rem 2rem; margin: 2rem 0 0; padding: 1.25rem 0; border: solid var(--line); border-width: 1px 0; }
.key div { display: flex; flex-direction: column; }
.key dt { font-size: .8125rem; color: var(--soft); }
.key dd { margin: 0; font-size: 1.6rem; line-height: 1.3; font-variant-numeric: tabular-nums; letter-spacing: -0.01em; }
.key dd small { display: block; font-size: .8125rem; color: var(--soft); letter-spacing: 0; }
.warnings { list-style: none; margin: 0; padding: 0; }
.warnings li { padding: .6rem 0 .6rem 1rem; border-left: 3px solid var(--line); margin-bottom: .5rem; max-width: 46rem; }
.warnings .serious { border-color: var(--contrast); }
.warnings b { font-weight: 600; color: var(--contrast); }
.figures { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2.5rem 1.5rem; align-items: start; }
figure { margin: 0; min-width: 0; display: grid; grid-row: span 3; grid-template-rows: subgrid; row-gap: 0; }
figure > * { min-width: 0; }
figure.full { grid-column: 1 / -1; }
svg { display: block; width: 100%; height: auto; overflow: visible; font-variant-numeric: tabular-nums; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; min-width: 50%; }
th, td { text-align: left; padding: .4rem 1.25rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: middle; white-space: nowrap; }
th:last-child, td:last-child { padding-right: 0; }
thead th { color: var(--soft); font-weight: 500; }
tbody th { font-weight: 500; }
.number { text-align: right; }
td svg { width: 160px; height: 32px; }
.scroll { overflow-x: auto; }
.pair { display: grid; grid-template-columns: minmax(0, 10fr) minmax(0, 14fr); gap: 2.5rem 2rem; }
.pair th, .pair td { padding-right: .9rem; }
.pair th:last-child, .pair td:last-child { padding-right: 0; }
.pair h3 { margin: 0 0 .25rem; }
.pair p { font-size: .875rem; margin: .75rem 0 2rem; }
details { margin-top: .5rem; font-size: .875rem; }
summary { cursor: pointer; color: var(--soft); width: fit-content; }
details[open] summary { margin-bottom: .5rem; }
details .scroll { max-height: 22rem; overflow: auto; }
pre { background: var(--raised); padding: 1rem; overflow-x: auto; font-size: .8125rem; line-height: 1.45; border-radius: 4px; }
code { overflow-wrap: anywhere; font-size: .8125rem; }
@media screen and (max-width: 860px) {
  .figures, .pair { grid-template-columns: minmax(0, 1fr); }
  body { padding: 2rem 1rem 3rem; }
}
@page { margin: 14mm; }
@media print {
  :root {
    --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --raised: #fff;
    --accent: #0a689f; --contrast: #c4510a; color-scheme: light;
  }
  body { padding: 0; font-size: 10pt; }
  h2 { margin-top: 1.75rem; }
  .key { grid-template-columns: repeat(5, 1fr); gap: 1rem; }
  .key dd { font-size: 1.2rem; }
  .figures { gap: 1.5rem 1rem; }
  .pair { grid-template-columns: minmax(0, 1fr); gap: 1.5rem; }
  .pair p { margin-bottom: 1rem; }
  .scroll { overflow: visible; }
  table { font-size: 8.5pt; }
  th, td { white-space: normal; padding: .25rem .8rem .25rem 0; }
  td svg { width: 110px; height: 22px; }
  figcaption p { font-size: 8.5pt; }
  figure, tr, .warnings li { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
  details:not([open]) { display: none; }
}
`;
