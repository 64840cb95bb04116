import fc from 'fast-check';
import { z } from 'zod';
import { DSA_KEY, RSA_KEY } from '../api/certificates.js';

/** Members whose rules JSON Schema cannot express, and values that only the test knows. */
export interface KnownMembers {
  email: fc.Arbitrary<string>;
}

interface JsonSchema {
  type?: string;
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, JsonSchema>;
  required?: string[];
  oneOf?: JsonSchema[];
  anyOf?: JsonSchema[];
}

export function arbitraryBody(schema: z.ZodType, known: KnownMembers): fc.Arbitrary<unknown> {
  const jsonSchema = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema;
  const byName: Record<string, fc.Arbitrary<unknown>> = {
    ...known,
    publicKey: fc.constantFrom(RSA_KEY, DSA_KEY),
    // Below N, whose first byte is ac.
    verifier: hexOf(255).map((hex) => `0${hex}1`.padStart(512, '5')),
    password: arbitraryPassword,
    oldPassword: arbitraryPassword,
    newPassword: arbitraryPassword,
  };
  return arbitraryOf(jsonSchema, byName);
}

const arbitraryPassword = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });

function arbitraryOf(
  schema: JsonSchema,
  byName: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<unknown> {
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices) return fc.oneof(...choices.map((choice) => arbitraryOf(choice, byName)));
  switch (schema.type) {
    case 'object': {
      const members = Object.entries(schema.properties ?? {}).map(([name, member]) => {
        return [name, byName[name] ?? arbitraryOf(member, byName)] as const;
      });
      return fc.record(Object.fromEntries(members), { requiredKeys: schema.required ?? [] });
    }
    case 'string':
      return arbitraryText(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 31 - 1 });
    default:
      return fc.jsonValue();
  }
}

function arbitraryText({ pattern, maxLength = 40 }: JsonSchema): fc.Arbitrary<string> {
  const hexDigits = /^\^\[0-9a-fA-F\]\{(\d+)\}\$$/.exec(pattern ?? '')?.[1];
  if (hexDigits) return hexOf(Number(hexDigits) / 2);
  if (pattern) return fc.stringMatching(new RegExp(pattern), { maxLength });
  return fc.string({ maxLength });
}

export function hexOf(bytes: number): fc.Arbitrary<string> {
  return fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((array) => Buffer.from(array).toString('hex'));
}
