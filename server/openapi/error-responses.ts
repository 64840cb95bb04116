import * as z from 'zod';
import { ERRNOS } from '../../protocol/errnos.js';
import { type ApiErrorName, ERRORS } from '../http/errors.js';

const ALWAYS: ApiErrorName[] = ['tooManyRequests', 'serviceUnavailable'];
const OF_POST: ApiErrorName[] = ['invalidJson', 'missingContentLength', 'bodyTooLarge'];
const OF_HAWK: ApiErrorName[] = ['invalidSignature', 'invalidToken', 'invalidTimestamp'];

function listErrnos(): string {
  const meanings = new Map<number, string>([
    ...Object.values(ERRORS).map(([, errno, message]) => [errno, message] as const),
    [ERRNOS.unknown, 'any other error'],
  ]);
  return [...meanings].map(([errno, meaning]) => `${errno}: ${meaning}.`).join(' ');
}

/** See docs/protocol.md, "Errors". */
export const errorBody = z.object({
  code: z.int().meta({ description: 'The HTTP status' }),
  errno: z.int().meta({ description: `Identifies the error; never changes. ${listErrnos()}` }),
  error: z.string().meta({ description: 'The name of the HTTP status' }),
  message: z.string(),
  info: z.url().meta({ description: 'This schema, at the server that replied' }),
  param: z.string().optional().meta({ description: 'errno 107 and 108: the parameter, dots between levels' }),
  serverTime: z.int().optional().meta({ description: 'errno 111: seconds since 1970' }),
  retryAfter: z
    .int()
    .optional()
    .meta({ description: 'errno 114 and 201: seconds to wait, as in Retry-After' }),
  tries: z.int().optional().meta({ description: 'errno 105 of a recovery code: remaining tries' }),
  ttl: z.int().optional().meta({
    description: 'errno 105 of a recovery code: remaining lifetime of the forgotPasswordToken, in seconds',
  }),
  email: z.string().optional().meta({ description: 'errno 120: the stored address, UTF-8 as hex' }),
});

export function errorNames(operation: {
  method: string;
  token?: string | undefined;
  takesParameters: boolean;
  needsParameters: boolean;
  refusals?: readonly ApiErrorName[] | undefined;
}): ApiErrorName[] {
  const { method, token, takesParameters, needsParameters, refusals = [] } = operation;
  const names = new Set([
    ...refusals,
    ...(method === 'POST' ? OF_POST : []),
    ...(takesParameters ? (['invalidParameter'] as const) : []),
    ...(needsParameters ? (['missingParameter'] as const) : []),
    ...(token ? OF_HAWK : []),
    ...ALWAYS,
  ]);
  return [...names].sort((a, b) => ERRORS[a][1] - ERRORS[b][1]);
}

export function errorResponses(names: ApiErrorName[]): Record<string, object> {
  const statuses = new Set(names.map((name) => ERRORS[name][0]));
  const declared = [...statuses].map((status) => {
    const sameStatus = names.filter((name) => ERRORS[name][0] === status);
    const errnos = sameStatus.map((name) => ERRORS[name][1]);
    const description = sameStatus.map((name) => `errno ${ERRORS[name][1]}: ${ERRORS[name][2]}.`).join(' ');
    return [status, errorResponse(description, errnos, status === 429 || status === 503)];
  });
  return {
    ...Object.fromEntries(declared),
    default: errorResponse('errno 999: any other error.', [999], false),
  };
}

function errorResponse(description: string, errnos: number[], isBackOff: boolean): object {
  const errno = errnos.length === 1 ? { const: errnos[0] } : { enum: errnos };
  const schema = {
    allOf: [{ $ref: '#/components/schemas/Error' }, { type: 'object', properties: { errno } }],
  };
  return {
    description,
    headers: {
      Timestamp: { $ref: '#/components/headers/Timestamp' },
      ...(isBackOff && { 'Retry-After': { $ref: '#/components/headers/RetryAfter' } }),
    },
    content: { 'application/json': { schema } },
  };
}
