import type { z } from 'zod';
import { ApiError } from './errors.js';

/** @throws ApiError 108 for a missing field, else 107, with `param` (docs/protocol.md, "Bodies") */
export function validateBody<Schema extends z.ZodType>(schema: Schema, json: unknown): z.output<Schema> {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.map(({ path }) => ({
    param: path.join('.'),
    missing: path.length > 0 && valueAt(json, path) === undefined,
  }));
  const missing = issues.find((issue) => issue.missing);
  const param = (missing ?? issues[0])?.param;
  throw new ApiError(missing ? 'missingParameter' : 'invalidParameter', param ? { param } : {});
}

function valueAt(json: unknown, path: PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | null)?.[key], json);
}
