/** Writes docs/endpoints.md: `npm run docs:endpoints`. */
import { writeFileSync } from 'node:fs';
import { endpoints } from '../routes.js';
import { createOpenApiDocument } from './document.js';
import { renderEndpointReference } from './endpoint-reference.js';

const server = { publicUrl: 'https://accounts.example.org', version: '', hasMetrics: true };
writeFileSync('docs/endpoints.md', `${renderEndpointReference(createOpenApiDocument(endpoints, server))}\n`);
