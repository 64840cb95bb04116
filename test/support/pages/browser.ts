import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { findProgram, type Teardown } from '../services/service-process.js';

export async function openBrowser(t: Teardown): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: findProgram('chromium', 'chromium'),
    // The sandbox refuses to run as root, which is what containers test as.
    args: process.getuid?.() === 0 ? ['--no-sandbox'] : [],
  });
  t.teardown(() => browser.close());
  return browser;
}

export interface Tab {
  page: Page;
  /** Script errors, and violations of the Content-Security-Policy. */
  complaints: string[];
  requestedUrls: string[];
}

/** By default English, light and of a phone's size. */
export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({
    locale: 'en',
    colorScheme: 'light',
    viewport: { width: 320, height: 640 },
    ...options,
  });
  const page = await context.newPage();
  // A short limit, so that a hanging step names itself.
  page.setDefaultTimeout(10_000);
  const complaints: string[] = [];
  const requestedUrls: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Chromium logs refused requests as errors; the page is not at fault.
    if (message.type() === 'error' && !/^Failed to load resource/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on('request', (request) => requestedUrls.push(request.url()));
  return { page, complaints, requestedUrls };
}

/** Returns axe-core's findings, one per line. */
export async function findBarriers(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, passes } = await page.evaluate(() =>
    // Runs in the page, where the evaluated source defines `axe`.
    (globalThis as unknown as { axe: typeof axe }).axe.run({
      resultTypes: ['violations'],
    }),
  );
  if (passes.length === 0) throw new Error('axe-core checked nothing');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
}
