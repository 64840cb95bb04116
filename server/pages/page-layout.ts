import { type Html, html } from '../http/html.js';
import type { Locale } from '../locales/locale.js';
import type { Messages } from '../locales/messages.js';

export interface Site {
  publicUrl: string;
  host: string;
  /** Path prefix, without a slash at the end. */
  root: string;
}

export interface PageContent {
  title: string;
  main: Html;
}

export interface Page {
  path: string;
  /** Name of its script in browser/. */
  script?: string;
  /** Whether other sites may show it in a frame. */
  framed?: true;
  render(messages: Messages, site: Site): PageContent;
}

/** @param publicUrl without a slash at the end */
export function describeSite(publicUrl: string): Site {
  const { host, pathname } = new URL(publicUrl);
  return { publicUrl, host, root: pathname === '/' ? '' : pathname };
}

export function layOutPage(
  { title, main }: PageContent,
  { locale, messages, site, script }: { locale: Locale; messages: Messages; site: Site; script?: string },
): string {
  const assets = `${site.root}/assets`;
  return html`<!doctype html>
<html lang="${locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<link rel="icon" type="image/svg+xml" href="${assets}/icon.svg">
<link rel="stylesheet" href="${assets}/style.css">
${script ? html`<script type="module" src="${assets}/${script}.js"></script>` : ''}
</head>
<body>
<main>
${script ? html`<noscript><p>${messages.pages.noScript}</p></noscript>` : ''}
${main}
</main>
<footer>${site.host}</footer>
</body>
</html>
`.markup;
}

/** Shown when the link was truncated. */
export function incompleteLink({ pages: { incomplete } }: Messages): Html {
  return html`<section id="incomplete" hidden>
<h1 tabindex="-1">${incomplete.title}</h1>
<p>${incomplete.text}</p>
</section>`;
}
