import { isUtf8 } from 'node:buffer';
import * as z from 'zod';
import { DEVICE_TYPES } from '../../protocol/devices.js';
import { MAX_EMAIL_BYTES, parseEmail } from '../../protocol/email.js';
import { fromHex } from '../../protocol/hex.js';
import { isUsableVerifier, SRP_BYTES, SRP_TYPE } from '../../protocol/srp.js';
import { STRETCHING_PARAMETERS } from '../../protocol/stretching.js';
import { parsePublicKey } from '../certificates/public-key.js';

/** Schemas of all request bodies, for types, validation and the OpenAPI document. */

/** See docs/protocol.md, "Recovery codes". */
export const RECOVERY_CODE_DIGITS = 8 as const;

const MAX_PASSWORD_BYTES = 1024;
const MAX_DEVICE_NAME = 255;
/** Durations above this are milliseconds, others seconds (docs/protocol.md, "Certificate duration"). */
const MAX_DURATION_SECONDS = 86_400;

const hexPattern = (bytes: number) => new RegExp(`^[0-9a-fA-F]{${2 * bytes}}$`);

const hexBytes = (bytes: number) => z.string().regex(hexPattern(bytes)).transform(fromHex);

const email = z
  .string()
  .regex(new RegExp(`^([0-9a-fA-F]{2}){1,${MAX_EMAIL_BYTES}}$`))
  .transform((hex, context) => {
    const text = parseEmail(fromHex(hex));
    if (text !== undefined) return text;
    context.addIssue({ code: 'custom', message: 'not an email address' });
    return z.NEVER;
  })
  .meta({ description: 'Email address: UTF-8 as hex' });

/** A password as bytes, as the body parser returns it (http/password-fields.ts). */
const password = z
  .custom<Uint8Array>(
    (value) => value instanceof Uint8Array && isWithin(value.length, 1, MAX_PASSWORD_BYTES) && isUtf8(value),
  )
  .meta({ type: 'string', description: `1 to ${MAX_PASSWORD_BYTES} bytes of UTF-8` });

const salt = hexBytes(32);

const srpType = z.literal(SRP_TYPE);

const verifier = hexBytes(SRP_BYTES).refine(isUsableVerifier);

/** Of requests and replies, without the salt. */
export const stretchingShape = {
  type: z.literal(STRETCHING_PARAMETERS.type),
  PBKDF2_rounds_1: z.literal(STRETCHING_PARAMETERS.PBKDF2_rounds_1),
  scrypt_N: z.literal(STRETCHING_PARAMETERS.scrypt_N),
  scrypt_r: z.literal(STRETCHING_PARAMETERS.scrypt_r),
  scrypt_p: z.literal(STRETCHING_PARAMETERS.scrypt_p),
  PBKDF2_rounds_2: z.literal(STRETCHING_PARAMETERS.PBKDF2_rounds_2),
};

const passwordStretching = z.object({ ...stretchingShape, salt });

/** A device's description of itself. An invalid one is ignored, so that the login succeeds. */
const device = z
  .object({
    name: z
      .string()
      .max(MAX_DEVICE_NAME)
      .refine((name) => name.isWellFormed() && !/\p{Cc}/u.test(name)),
    type: z
      .string()
      .transform((text) => DEVICE_TYPES.find((type) => type === text) ?? 'other')
      .meta({ description: `${DEVICE_TYPES.join(', ')}; any other value is stored as other` }),
  })
  .optional()
  .catch(undefined);

/** A code as typed, without surrounding white space. The handler refuses invalid codes as wrong. */
const typedCode = z.string().trim().min(1);

const duration = z
  .int()
  .min(1)
  .max(MAX_DURATION_SECONDS * 1000)
  .transform((given) => (given <= MAX_DURATION_SECONDS ? given * 1000 : given))
  .meta({ description: 'Seconds up to 86400, milliseconds above' });

// `abort`: invalid or overlong numbers must not reach the arithmetic of `parsePublicKey`.
const decimal = (maxDigits: number) =>
  z
    .string()
    .max(maxDigits, { abort: true })
    .regex(/^[1-9][0-9]*$/, { abort: true });
const hexInteger = (maxDigits: number) =>
  z
    .string()
    .max(maxDigits, { abort: true })
    .regex(/^[0-9a-fA-F]+$/, { abort: true });

const publicKey = z
  .discriminatedUnion('algorithm', [
    z.object({ algorithm: z.literal('RS'), n: decimal(2500), e: decimal(2500) }),
    z.object({
      algorithm: z.literal('DS'),
      y: hexInteger(1024),
      p: hexInteger(1024),
      q: hexInteger(128),
      g: hexInteger(1024),
    }),
  ])
  .superRefine((key, context) => {
    const wrong = parsePublicKey(key);
    if (wrong) context.addIssue({ code: 'custom', path: [wrong], message: 'not usable in a key' });
  });

const uid = z
  .string()
  .regex(/^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$/)
  .transform((text) => text.toLowerCase());

export const bodies = {
  accountCreate: z.object({
    email,
    srp: z.object({ type: srpType, verifier, salt }),
    passwordStretching,
  }),
  accountReset: z.object({
    bundle: hexBytes(32 + SRP_BYTES + 32),
    srp: z.object({ type: srpType, salt }),
    passwordStretching,
  }),
  authStart: z.object({ email }),
  authFinish: z.object({ srpToken: uid, A: hexBytes(SRP_BYTES), M: hexBytes(32) }),
  sessionCreate: z.object({ device }),
  rawAccountCreate: z.object({ email, password }),
  rawSessionCreate: z.object({ email, password, device }),
  rawPasswordChange: z.object({ email, oldPassword: password, newPassword: password }),
  rawPasswordReset: z.object({ newPassword: password }),
  verifyCode: z.object({ uid, code: typedCode }),
  certificateSign: z.object({ publicKey, duration }),
  forgotSendCode: z.object({ email }),
  forgotVerifyCode: z.object({ code: typedCode }),
  /** For endpoints without parameters. A body must still be an object. */
  none: z.object({}),
};

function isWithin(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}
