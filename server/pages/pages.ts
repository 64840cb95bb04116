import { readFileSync } from 'node:fs';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { sendUnlessKnown, type TaggedDocument, tagDocument } from '../http/tagged-document.js';
import { chooseLocale, LOCALES, messagesIn } from '../locales/locale.js';
import { checkStores } from '../routes/health-and-metrics.js';
import type { Services } from '../services.js';
import { provisionPage, signInPage } from './browserid-pages.js';
import { renderFrontPage } from './front-page.js';
import { describeSite, layOutPage, type Page, type Site } from './page-layout.js';
import { resetPasswordPage } from './reset-password-page.js';
import { ICON, STYLE } from './style.js';
import { verifyEmailPage } from './verify-email-page.js';

const PAGES = [verifyEmailPage, resetPasswordPage, signInPage, provisionPage];

/** Compiled from browser/. */
const SCRIPTS = ['verify-email', 'reset-password', 'sign-in', 'provision', 'page'];

/** Only files of this server: nothing inline, no forms, no base URL. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "require-trusted-types-for 'script'",
];

export function addPages(router: Router, services: Services): void {
  const site = describeSite(services.config.publicUrl);
  for (const page of PAGES) addPage(router, page, site);
  addFrontPage(router, services, site);
  addAsset(router, 'style.css', 'text/css', STYLE);
  addAsset(router, 'icon.svg', 'image/svg+xml', ICON);
  for (const name of SCRIPTS) {
    const source = readFileSync(new URL(`./browser/${name}.js`, import.meta.url), 'utf8');
    addAsset(router, `${name}.js`, 'text/javascript', source);
  }
}

function addPage(router: Router, { path, script, framed, render }: Page, site: Site): void {
  const documents = new Map(
    LOCALES.map((name) => {
      const { locale, messages } = messagesIn(name);
      return [name, tagDocument(layOutPage(render(messages, site), { locale, messages, site, script }))];
    }),
  );
  router.get(path, (ctx) => {
    const locale = setPageHeaders(ctx, framed);
    sendUnlessKnown(ctx, 'text/html', documents.get(locale) as TaggedDocument);
  });
}

function addFrontPage(router: Router, services: Services, site: Site): void {
  const { version } = services.version;
  router.get('/', async (ctx) => {
    const { locale, messages } = messagesIn(setPageHeaders(ctx));
    const stores = await checkStores(services);
    // The health on the page is momentary, so the default `no-store` stays.
    ctx.type = 'text/html';
    ctx.body = layOutPage(renderFrontPage(messages, site, { version, stores }), { locale, messages, site });
  });
}

function addAsset(router: Router, name: string, type: string, source: string): void {
  const tagged = tagDocument(source);
  router.get(`/assets/${name}`, (ctx) => sendUnlessKnown(ctx, type, tagged));
}

/** @returns the page's language */
function setPageHeaders(ctx: Context, framed?: true) {
  const locale = chooseLocale(ctx.req.headers['accept-language']);
  ctx.set('Content-Language', locale);
  ctx.vary('Accept-Language');
  const frames = framed ? [] : ["frame-ancestors 'none'"];
  ctx.set('Content-Security-Policy', [...CONTENT_SECURITY_POLICY, ...frames].join('; '));
  ctx.set('Referrer-Policy', 'no-referrer');
  return locale;
}
