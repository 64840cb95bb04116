import Negotiator from 'negotiator';
import { de } from './de.js';
import { en } from './en.js';
import { es } from './es.js';
import { fr } from './fr.js';
import { ja } from './ja.js';
import type { Messages } from './messages.js';

const MESSAGES = { en, de, es, fr, ja } satisfies Record<string, Messages>;

export type Locale = keyof typeof MESSAGES;

/** All languages, the default first. */
export const LOCALES = Object.keys(MESSAGES) as Locale[];

const DEFAULT_LOCALE: Locale = 'en';
/** Maximum length of Accept-Language; the rest is ignored. Sorting 15 KB of languages takes 15 ms. */
const READ_CHARACTERS = 256;

/** Follows Accept-Language (RFC 9110, 12.5.4). */
export function chooseLocale(acceptLanguage: string | undefined): Locale {
  if (!acceptLanguage) return DEFAULT_LOCALE;
  const negotiator = new Negotiator({
    headers: { 'accept-language': acceptLanguage.slice(0, READ_CHARACTERS) },
  });
  return (negotiator.language(LOCALES) as Locale | undefined) ?? DEFAULT_LOCALE;
}

/** Falls back to English: the language may come from a row of another version. */
export function messagesIn(locale: string): { locale: Locale; messages: Messages } {
  const known = LOCALES.find((name) => name === locale) ?? DEFAULT_LOCALE;
  return { locale: known, messages: MESSAGES[known] };
}
