/** The colours of charts and page, light and dark. */
export const COLOURS = `
:root {
  --page: #fbfbf9; --card: #ffffff; --ink: #1d2129; --soft: #5c6470; --line: #e2e4e0;
  --own: #0b6e8f; --other: #b4bbc2; --limit: #b3261e;
  --met: #1b7f4b; --missed: #b3261e;
  --series-1: #0b6e8f; --series-2: #e07a1f; --series-3: #7a5cc0;
  --series-4: #4d9a3a; --series-5: #c13c78; --series-6: #6c757d;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1c2026; --ink: #e6e8ea; --soft: #9aa3ad; --line: #30363e;
    --own: #4db8d8; --other: #59626c; --limit: #ff8a80;
    --met: #5fcf94; --missed: #ff8a80;
    --series-1: #4db8d8; --series-2: #ffa657; --series-3: #b69cf5;
    --series-4: #8bd178; --series-5: #f08ab8; --series-6: #a6adb5;
  }
}
`;

/** The style sheet of the report. */
export const STYLE = `${COLOURS}
:root { color-scheme: light dark; }
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
main, header { max-width: 1180px; margin: 0 auto; padding: 0 24px; }
header { padding-top: 40px; }
h1 { font-size: 30px; line-height: 1.2; margin: 0 0 4px; letter-spacing: -0.01em; }
h2 { font-size: 22px; margin: 56px 0 4px; letter-spacing: -0.01em; }
h3 { font-size: 16px; margin: 0 0 4px; }
p { margin: 0 0 12px; }
.soft, .method { color: var(--soft); }
.method { font-size: 13.5px; max-width: 78ch; }
nav { display: flex; flex-wrap: wrap; gap: 6px 18px; margin: 18px 0 0; }
nav a { color: var(--own); text-decoration: none; }
nav a:hover { text-decoration: underline; }
dl.machine { display: grid; grid-template-columns: repeat(auto-fill, minmax(220px, 1fr)); gap: 10px 24px; margin: 24px 0 0; }
dl.machine dt { color: var(--soft); font-size: 12px; text-transform: uppercase; letter-spacing: 0.05em; }
dl.machine dd { margin: 0; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin: 16px 0; }
.side { display: flex; flex-wrap: wrap; gap: 8px 40px; align-items: flex-start; }
figure.chart { margin: 12px 0 4px; flex: 1 1 480px; min-width: 0; max-width: 640px; }
figcaption { font-weight: 600; font-size: 14px; }
.plot { max-width: 100%; height: auto; font-family: inherit; }
figure.plot-figure, .chart figure { margin: 0; }
.chart [class*="swatches"] { font-family: inherit !important; font-size: 12.5px !important; min-height: 0 !important; margin: 6px 0; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; margin-top: 10px; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
th { color: var(--soft); font-weight: 500; vertical-align: bottom; white-space: normal; max-width: 110px; }
td.text, th.text { text-align: left; }
tr:last-child td { border-bottom: 0; }
.goals { columns: 2 460px; column-gap: 40px; }
.goals .group { break-inside: avoid; margin-bottom: 20px; }
.goals h3 a { color: inherit; text-decoration: none; }
.goals ul { list-style: none; margin: 0; padding: 0; }
.goals li { display: grid; grid-template-columns: 14px 1fr auto 92px; gap: 0 10px; align-items: baseline; padding: 4px 0; border-bottom: 1px solid var(--line); font-size: 13.5px; }
.goals li::before { content: "✓"; color: var(--met); font-weight: 700; }
.goals li.missed::before { content: "✗"; color: var(--missed); }
.goals li.missed strong { color: var(--missed); }
.goals strong { font-variant-numeric: tabular-nums; white-space: nowrap; }
.goals .soft { text-align: right; font-size: 12.5px; white-space: nowrap; }
.note { border-left: 4px solid var(--series-2); padding: 6px 12px; margin: 12px 0; color: var(--soft); font-size: 13.5px; }
footer { max-width: 1180px; margin: 48px auto; padding: 0 24px; color: var(--soft); font-size: 13px; }
@media print { section { break-inside: avoid; } }
`;
