import { readFileSync } from 'node:fs';
import t from 'tap';
import { putRecordings, recordFlows } from '../support/docs/flows.js';

/** Removes values that vary between runs: bytes, identifiers, times, lengths, stream comments. */
function withoutChance(document: string): string[] {
  return document
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replace(/[0-9a-f]{16}…[0-9a-f]{16}/g, 'BYTES')
    .replace(/\b(?:[0-9a-f]{2}){16,}\b/g, 'BYTES')
    .replace(/(ts|nonce|hash|mac)="[^"]*"/g, '$1')
    .replace(/eyJ[\w.-]+/g, 'CERTIFICATE')
    .replace(/^:\n+/gm, '')
    .replace(/"(code)": "\d{8}"/g, '$1')
    .replace(/(Timestamp|Content-Length): \d+/g, '$1')
    .replace(/"(lastAccessTime|ttl)": \d+/g, '$1')
    .split('\n');
}

t.test('the documented flows are current (npm run docs:flows)', async (t) => {
  const document = readFileSync('docs/clients/flows.md', 'utf8');
  const today = putRecordings(document, await recordFlows(t));
  t.same(withoutChance(today), withoutChance(document), 'run `npm run docs:flows`');
});
