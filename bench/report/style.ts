export const COLOURS = `
:root {
  --page: #fbfbf9; --card: #ffffff; --ink: #1d2129; --soft: #5c6470; --line: #e2e4e0;
  --own: #0b6e8f; --other: #b4bbc2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #14171b; --card: #1c2026; --ink: #e6e8ea; --soft: #9aa3ad; --line: #30363e;
    --own: #4db8d8; --other: #59626c;
  }
}
`;

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
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 20px 24px; margin: 16px 0; }
.side { display: flex; flex-wrap: wrap; gap: 8px 40px; align-items: flex-start; }
figure.chart { margin: 12px 0 4px; flex: 1 1 480px; min-width: 0; max-width: 640px; }
figcaption { font-weight: 600; font-size: 14px; }
.plot { max-width: 100%; height: auto; font-family: inherit; }
.scroll { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; font-size: 13.5px; font-variant-numeric: tabular-nums; margin-top: 10px; }
th, td { padding: 5px 12px; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; }
th { color: var(--soft); font-weight: 500; vertical-align: bottom; white-space: normal; max-width: 110px; }
td.text, th.text { text-align: left; }
tr:last-child td { border-bottom: 0; }
.note { border-left: 4px solid var(--own); padding: 6px 12px; }
footer { max-width: 1180px; margin: 48px auto; padding: 0 24px; color: var(--soft); font-size: 13px; }
@media print { section { break-inside: avoid; } }
`;
