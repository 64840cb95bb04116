/** The style sheet of every page. Contrast is at least 4.5 to 1 (WCAG 2.2, 1.4.3), light and dark. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --page: #f0f0f4;
  --card: #ffffff;
  --border: #e0e0e6;
  --text: #15141a;
  --quiet: #5b5b66;
  --accent: #0060df;
  --accent-hover: #0250bb;
  --on-accent: #ffffff;
  --problem: #c50042;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #1c1b22;
    --card: #2b2a33;
    --border: #42414d;
    --text: #fbfbfe;
    --quiet: #cfcfd8;
    --accent: #00ddff;
    --accent-hover: #80ebff;
    --on-accent: #15141a;
    --problem: #ff9aa2;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  padding: 1.5rem 0.75rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Hiragino Sans", "Noto Sans CJK JP", sans-serif;
  overflow-wrap: anywhere;
}
main, footer { max-width: 35rem; margin: 0 auto; padding: 1.75rem 1.5rem; }
main { background: var(--card); border: 1px solid var(--border); border-radius: 0.5rem; }
footer { padding-block: 1rem; color: var(--quiet); font-size: 0.875rem; }
h1, p, dl, dd { margin: 0; }
:is(h1, p, dl, button) + :is(p, dl, button) { margin-top: 1rem; }
h1 { font-size: 1.4rem; line-height: 1.3; text-wrap: balance; word-break: auto-phrase; }
h1:focus { outline: none; }
dt { color: var(--quiet); font-size: 0.875rem; }
dd + dt { margin-top: 0.75rem; }
code { font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace; font-size: 0.9em; }
button {
  padding: 0.75rem 1rem;
  border: 2px solid transparent;
  border-radius: 0.4rem;
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
button:hover { background: var(--accent-hover); }
button:focus-visible { outline: 3px solid var(--text); outline-offset: 2px; }
button[aria-disabled="true"] { background: none; border-color: var(--border); color: var(--quiet); cursor: default; }
[role="status"]:empty, [role="alert"]:empty { display: none; }
[role="alert"] { padding-left: 0.75rem; border-left: 0.25rem solid var(--problem); }
.code {
  display: block;
  padding: 1rem 0.5rem;
  border-radius: 0.4rem;
  background: var(--page);
  font-size: clamp(1.6rem, 9vw, 2.5rem);
  letter-spacing: 0.08em;
  text-align: center;
  user-select: all;
}
.code span + span { margin-left: 0.4em; }
.read-aloud {
  position: absolute;
  width: 1px;
  height: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
  user-select: none;
}
`;

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><g fill="none" stroke="#0060df" stroke-width="4"><circle cx="10" cy="16" r="6"/><path d="M16 16h13v6M23 16v5"/></g></svg>`;
