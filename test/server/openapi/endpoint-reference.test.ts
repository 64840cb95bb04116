import { readFileSync } from 'node:fs';
import t from 'tap';
import { createOpenApiDocument } from '../../../server/openapi/document.js';
import { renderEndpointReference } from '../../../server/openapi/endpoint-reference.js';
import { endpoints } from '../../../server/routes.js';

const server = { publicUrl: 'https://accounts.example.org', version: '', hasMetrics: true };
const reference = renderEndpointReference(createOpenApiDocument(endpoints, server));

t.test('docs/endpoints.md is current (npm run docs:endpoints)', async (t) => {
  t.equal(readFileSync('docs/endpoints.md', 'utf8').trimEnd(), reference.trimEnd());
});

t.test('the reference has every endpoint with every field', async (t) => {
  for (const { method, path, body, reply } of endpoints) {
    const [, section = ''] = reference.split(`### \`${method} ${path}\`\n`);
    const entry = section.split('\n### ')[0] as string;
    for (const schema of [body, reply]) {
      for (const field of Object.keys(schema && 'shape' in schema ? (schema.shape as object) : {})) {
        t.match(entry, new RegExp(`^- \`${field}\\b`, 'm'), `${method} ${path}: ${field}`);
      }
    }
  }
});
