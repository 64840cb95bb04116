import { createConfig, lintFromString } from '@redocly/openapi-core';
import t from 'tap';
import type { z } from 'zod';
import { ERRORS } from '../../../server/http/errors.js';
import { parsePasswordBody } from '../../../server/http/password-fields.js';
import { EXAMPLES } from '../../../server/openapi/examples.js';
import { OPERATIONS } from '../../../server/openapi/operator-schemas.js';
import { TEXTS } from '../../../server/openapi/texts.js';
import { endpoints } from '../../../server/routes.js';
import { OPEN_API_OPTIONS, openApiDocument } from '../../support/openapi/document.js';

type Operation = {
  summary?: string;
  operationId: string;
  responses: Record<string, { description: string }>;
};
const { paths } = openApiDocument as { paths: Record<string, Record<string, Operation>> };
const operations = new Map(
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method.toUpperCase()} ${path}`, operation]),
  ),
);

t.test('the document passes the recommended rules of the linter', async (t) => {
  const problems = await lintFromString({
    source: JSON.stringify(openApiDocument),
    config: await createConfig({
      extends: ['recommended'],
      // A heartbeat request cannot be invalid.
      rules: { 'operation-4xx-response': 'off' },
    }),
  });
  t.same(
    problems.map(({ ruleId, message, location }) => ({ ruleId, message, at: location[0]?.pointer })),
    [],
  );
});

t.test('it describes exactly the endpoints and other replies of the server', async (t) => {
  const declared = [...endpoints.map(({ method, path }) => `${method} ${path}`), ...Object.keys(OPERATIONS)];
  t.same([...operations.keys()].sort(), declared.sort());
  t.same(Object.keys(TEXTS).sort(), declared);
  t.equal(new Set([...operations.values()].map(({ operationId }) => operationId)).size, declared.length);
});

t.test('the examples match requests and replies of the server', async (t) => {
  for (const { method, path, body, reply } of endpoints) {
    const name = `${method} ${path}`;
    const example = EXAMPLES[name];
    const { json } = parsePasswordBody(Buffer.from(JSON.stringify(example?.body ?? {})));
    const given = (schema: z.ZodType | undefined) => schema?.safeParse(json).error?.issues;
    t.same(given(body), undefined, `${name}: request`);
    t.same(
      (reply as z.ZodObject).strict().safeParse(example?.reply).error?.issues,
      undefined,
      `${name}: reply`,
    );
  }
  t.same(
    Object.keys(EXAMPLES).filter((name) => !operations.has(name)),
    [],
  );
});

t.test('every error of the table is described somewhere', async (t) => {
  const described = [...operations.values()].flatMap(({ responses }) =>
    Object.values(responses).map(({ description }) => description),
  );
  for (const [, errno, message] of Object.values(ERRORS)) {
    const text = errno === 999 ? 'errno 999' : `errno ${errno}: ${message}.`;
    t.ok(
      described.some((description) => description.includes(text)),
      text,
    );
  }
});

t.test('it contains the server’s address and version', async (t) => {
  const { servers, info } = openApiDocument as { servers: object[]; info: { version: string } };
  t.same(servers, [{ url: OPEN_API_OPTIONS.publicUrl }]);
  t.equal(info.version, OPEN_API_OPTIONS.version);
});
