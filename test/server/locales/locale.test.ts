import t from 'tap';
import { chooseLocale, LOCALES, messagesIn } from '../../../server/locales/locale.js';

t.test('the best common language is chosen', async (t) => {
  const cases: [string | undefined, string][] = [
    [undefined, 'en'],
    ['', 'en'],
    ['de', 'de'],
    ['DE-at', 'de'],
    ['fr-CA,en;q=0.8', 'fr'],
    ['ja;q=0.5, es-419;q=0.6', 'es'],
    ['pt-BR,pt;q=0.9,es;q=0.7,en;q=0.5', 'es'],
    ['zh', 'en'],
    ['zh,*;q=0.1', 'en'],
    ['en;q=0,ja;q=0.1', 'ja'],
    ['*', 'en'],
    [';;;,,,=', 'en'],
    ['constructor', 'en'],
  ];
  for (const [header, locale] of cases) t.equal(chooseLocale(header), locale, `${header?.slice(0, 40)}`);
});

t.test('256 characters of Accept-Language are read', async (t) => {
  t.equal(chooseLocale(`${'xx,'.repeat(80)}de`), 'de');
  t.equal(chooseLocale(`${'xx,'.repeat(90)}de`), 'en');
});

t.test('all languages have the same placeholders and no empty text', async (t) => {
  const placeholders = (value: unknown): unknown =>
    typeof value === 'string'
      ? (value.match(/\{\w*\}/g) ?? []).sort()
      : Object.fromEntries(Object.entries(value as object).map(([key, inner]) => [key, placeholders(inner)]));
  const english = placeholders(messagesIn('en').messages);
  for (const locale of LOCALES) {
    const { messages } = messagesIn(locale);
    t.same(placeholders(messages), english, locale);
    t.notMatch(JSON.stringify(messages), /""|" |[^-] "|TODO/, locale);
  }
});
