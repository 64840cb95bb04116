import { html } from '../http/html.js';
import { fillIn, type Messages } from '../locales/messages.js';
import type { StoreStates } from '../routes/health-and-metrics.js';
import type { PageContent, Site } from './page-layout.js';

export function renderFrontPage(
  { pages: { front } }: Messages,
  { publicUrl }: Site,
  { version, stores }: { version: string; stores: StoreStates },
): PageContent {
  const away = (['database', 'tokens'] as const).filter((name) => stores[name] !== 'ok');
  const parts = away.map((name) => front[name]).join(', ');
  return {
    title: front.title,
    main: html`<h1>${front.title}</h1>
<p>${front.text}</p>
<dl>
<dt>${front.address}</dt><dd><code>${publicUrl}/v1</code></dd>
<dt>${front.version}</dt><dd>${version}</dd>
<dt>${front.health}</dt><dd>${away.length === 0 ? front.well : fillIn(front.unwell, { parts })}</dd>
</dl>`,
  };
}
