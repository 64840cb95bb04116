import { type Html, html } from '../http/html.js';
import type { Locale } from '../locales/locale.js';

/** The parts of a mail, top to bottom. */
export interface MailLayout {
  locale: Locale;
  subject: string;
  intro: string;
  /** A code to type, in a large font. */
  shownCode?: string;
  validity?: string;
  button: string;
  link: string;
  linkHint: string;
  /** A code to copy, in a small font. */
  copiedCode?: { hint: string; code: string };
  ignore: string;
  footer: string;
}

const FONT =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,'Helvetica Neue','Hiragino Sans','Noto Sans CJK JP',Meiryo,Arial,sans-serif";
const MONOSPACE = "font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace";

/** Rules that inline styles cannot express. All others are inline, because mail programs strip style sheets. */
const STYLE = `
:root { color-scheme: light dark; supported-color-schemes: light dark; }
@media (prefers-color-scheme: dark) {
  .page { background: #1c1b22 !important; }
  .card { background: #2b2a33 !important; border-color: #42414d !important; }
  .text { color: #fbfbfe !important; }
  .small { color: #cfcfd8 !important; }
  .button { background: #00ddff !important; color: #15141a !important; }
  .code { background: #1c1b22 !important; color: #fbfbfe !important; }
  .link { color: #00ddff !important; }
}`;

/** Renders the HTML part: tables for old mail programs, no remote content, from 320 pixels of width. */
export function layOutMail(mail: MailLayout): string {
  return html`<!doctype html>
<html lang="${mail.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${mail.subject}</title>
<style>${STYLE}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f0f0f4;-webkit-text-size-adjust:100%">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">
<tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px">
<tr><td class="card" style="padding:28px 24px;background:#ffffff;border:1px solid #e0e0e6;border-radius:8px;text-align:left">
<h1 class="text" style="margin:0 0 16px;${FONT};font-size:22px;line-height:1.3;font-weight:600;color:#15141a">${unbroken(mail.subject)}</h1>
${paragraph(mail.intro)}
${mail.shownCode ? largeCode(mail.shownCode) : ''}
${mail.validity ? paragraph(mail.validity) : ''}
<p style="margin:24px 0"><a class="button" href="${mail.link}" style="display:inline-block;padding:13px 22px;border-radius:6px;background:#0060df;color:#ffffff;${FONT};font-size:16px;line-height:1.3;font-weight:600;text-decoration:none">${mail.button}</a></p>
${small(mail.linkHint)}
<p style="margin:0 0 16px;font-size:13px;line-height:1.5;word-break:break-all"><a class="link" href="${mail.link}" style="${MONOSPACE};color:#0060df">${mail.link}</a></p>
${mail.copiedCode ? [small(mail.copiedCode.hint), smallCode(mail.copiedCode.code)] : ''}
${small(mail.ignore)}
</td></tr>
<tr><td class="small" style="padding:16px 24px;${FONT};font-size:13px;line-height:1.5;overflow-wrap:anywhere;color:#5b5b66;text-align:left">${mail.footer}</td></tr>
</table>
</td></tr>
</table>
</body>
</html>
`.markup;
}

function paragraph(text: string): Html {
  return html`<p class="text" style="margin:0 0 16px;${FONT};font-size:16px;line-height:1.5;overflow-wrap:anywhere;color:#15141a">${text}</p>`;
}

function small(text: string): Html {
  return html`<p class="small" style="margin:0 0 8px;${FONT};font-size:14px;line-height:1.5;color:#5b5b66">${text}</p>`;
}

/** Renders a code in two groups. The gap is a margin, so that the copied code has no space. */
function largeCode(code: string): Html {
  const half = code.length / 2;
  return html`<p class="code" style="margin:0 0 16px;padding:14px 8px;border-radius:6px;background:#f0f0f4;color:#15141a;${MONOSPACE};font-size:30px;line-height:1.2;letter-spacing:2px;text-align:center;white-space:nowrap"><span style="margin-right:12px">${code.slice(0, half)}</span><span>${code.slice(half)}</span></p>`;
}

function smallCode(code: string): Html {
  return html`<p class="code" style="margin:0 0 16px;padding:10px;border-radius:6px;background:#f0f0f4;color:#15141a;${MONOSPACE};font-size:13px;line-height:1.5;word-break:break-all">${code}</p>`;
}

/** Prevents line breaks after “E-”. The Subject header keeps its plain hyphen for old mail programs. */
function unbroken(subject: string): string {
  return subject.replaceAll('-', '\u2011');
}
