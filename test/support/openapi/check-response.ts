import type { IncomingHttpHeaders } from 'node:http';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { openApiDocument } from './document.js';

export interface CheckedResponse {
  method: string;
  path: string;
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

interface Documented {
  headers?: Record<string, { $ref: string }>;
  content: Record<string, object>;
}

const JSON_TYPE = 'application/json';
const { paths } = openApiDocument as {
  paths: Record<string, Record<string, { responses: Record<string, Documented> }>>;
};
/** Replies without an operation: 404 and 405. */
const ANY_ERROR = { path: '/__lbheartbeat__', method: 'get', status: 'default' };

const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(seal(openApiDocument), 'openapi');
const validators = new Map<string, ValidateFunction>();

/** Checks status, errno and headers. Ignores pages and other responses outside of the document. */
export function checkResponse(response: CheckedResponse): void {
  const path = response.path.split('?')[0] as string;
  const method = response.method.toLowerCase();
  if (!(path in paths) && !path.startsWith('/v1/')) return;
  // 304 belongs to HTTP and has no body.
  if (method === 'options' || method === 'head' || response.status === 304) return;
  const responses = paths[path]?.[method]?.responses;
  const status = responses && String(response.status) in responses ? String(response.status) : 'default';
  checkAgainst(response, responses ? { path, method, status } : ANY_ERROR);
}

function checkAgainst(
  { method, path, status, headers, text }: CheckedResponse,
  documented: { path: string; method: string; status: string },
): void {
  const fail = (what: string): never => {
    throw new Error(
      `${method} ${path} replied ${status}, which violates the OpenAPI document: ${what}\n${text}`,
    );
  };
  const { content, headers: documentedHeaders = {} } = find(documented);
  for (const name of Object.keys(documentedHeaders)) {
    if (!/^\d+$/.test(String(headers[name.toLowerCase()]))) fail(`no ${name} header`);
  }
  const type = headers['content-type']?.split(';')[0] ?? 'none';
  if (!(type in content)) fail(`content type ${type}`);
  if (type !== JSON_TYPE) return;
  const body = JSON.parse(text);
  const validate = validatorOf(documented);
  if (!validate(body)) fail(ajv.errorsText(validate.errors, { dataVar: 'body' }));
  if (status >= 400 && 'errno' in body && body.code !== status) fail(`code ${body.code}`);
}

function find({ path, method, status }: { path: string; method: string; status: string }): Documented {
  return paths[path]?.[method]?.responses[status] as Documented;
}

function validatorOf({ path, method, status }: { path: string; method: string; status: string }) {
  const steps = ['paths', path, method, 'responses', status, 'content', JSON_TYPE, 'schema'];
  const pointer = steps.map((step) => step.replaceAll('~', '~0').replaceAll('/', '~1')).join('/');
  const validate = validators.get(pointer) ?? ajv.compile({ $ref: `openapi#/${pointer}` });
  validators.set(pointer, validate);
  return validate;
}

function seal(document: object): object {
  const { components, ...rest } = structuredClone(document) as { components: { schemas: object } };
  return { ...rest, components: { ...components, schemas: close(components.schemas) } };
}

function close(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(close);
  if (typeof node !== 'object' || node === null) return node;
  const closed = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, close(value)]));
  return 'properties' in node && 'type' in node ? { additionalProperties: false, ...closed } : closed;
}
