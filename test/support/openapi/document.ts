import { createOpenApiDocument } from '../../../server/openapi/document.js';
import { endpoints } from '../../../server/routes.js';

export const OPEN_API_OPTIONS = {
  publicUrl: 'https://accounts.firefox.test',
  version: '1.2.3',
  hasMetrics: true,
};

export const openApiDocument = createOpenApiDocument(endpoints, OPEN_API_OPTIONS);
