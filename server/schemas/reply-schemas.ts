import * as z from 'zod';
import { DEVICE_TYPES } from '../../protocol/devices.js';
import { SRP_BYTES, SRP_TYPE } from '../../protocol/srp.js';
import { STRETCHED_BYTES } from '../../protocol/stretching.js';
import { TOKEN_BYTES } from '../../protocol/tokens.js';
import { RECOVERY_CODE_DIGITS, stretchingShape } from './schemas.js';

/** Schemas of all replies, for the types of handlers and the OpenAPI document. */

const KEY_BYTES = 32;
const MAC_BYTES = 32;

const hexBytes = (bytes: number) => z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`));

const uid = z
  .string()
  .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  .meta({ description: 'UUID' });

const email = z
  .string()
  .regex(/^([0-9a-f]{2})+$/)
  .meta({ description: 'Email address in the case that the account was created with: UTF-8 as hex' });

const verified = z.boolean().meta({ description: 'Whether the email address is verified' });

const token = (description: string) => hexBytes(TOKEN_BYTES).meta({ description });

/** @param bytes of plaintext (docs/protocol.md, "Bundles") */
const bundle = (bytes: number, description: string) => hexBytes(bytes + MAC_BYTES).meta({ description });

const salt = hexBytes(STRETCHED_BYTES);

const empty = z.object({});

const recoveryCode = z.object({
  forgotPasswordToken: token(
    'Signs resend_code and verify_code. Only the newest token of an account and client address is valid',
  ),
  ttl: z.int().min(0).meta({ description: 'Remaining lifetime of the token, in seconds' }),
  codeLength: z.literal(RECOVERY_CODE_DIGITS).meta({ description: 'Number of digits in the mailed code' }),
  tries: z.int().min(0).meta({ description: 'Remaining guesses' }),
});

const device = z.object({
  id: uid,
  type: z.enum(DEVICE_TYPES).nullable(),
  name: z.string().nullable(),
  isCurrentDevice: z.boolean().meta({ description: 'Whether this is the session of the request' }),
  lastAccessTime: z
    .int()
    .meta({ description: 'Milliseconds since 1970, with a precision of about ten minutes' }),
});

export const replies = {
  accountCreated: z.object({ uid }),
  devices: z.object({ devices: z.array(device) }),
  accountKeys: z.object({
    bundle: bundle(2 * KEY_BYTES, 'kA | wrap(kB), under the keyFetchToken’s requestKey, `account/keys`'),
  }),
  authStart: z.object({
    srpToken: uid,
    srp: z.object({ type: z.literal(SRP_TYPE), salt, B: hexBytes(SRP_BYTES) }),
    passwordStretching: z.object({ ...stretchingShape, salt }),
    email: email.optional().meta({
      description:
        'The stored address, if it differs in case from the typed one. Clients must stretch with it',
    }),
  }),
  authFinish: z.object({ bundle: bundle(TOKEN_BYTES, 'authToken, under the SRP key K, `auth/finish`') }),
  sessionCreated: z.object({
    uid,
    verified,
    bundle: bundle(
      2 * TOKEN_BYTES,
      'keyFetchToken | sessionToken, under the authToken’s requestKey, `session/create`',
    ),
  }),
  rawSessionCreated: z.object({ uid, verified, sessionToken: token('Valid until it is destroyed') }),
  recoveryEmailStatus: z.object({ email, verified }),
  certificate: z.object({
    cert: z
      .string()
      .regex(/^[\w-]+\.[\w-]+\.[\w-]+$/)
      .meta({ description: 'BrowserID certificate: header, payload and signature in base64url' }),
    err: z.null().meta({ description: 'Clients of 2013 require it' }),
  }),
  passwordChange: z.object({
    bundle: bundle(
      2 * TOKEN_BYTES,
      'keyFetchToken | accountResetToken, under the authToken’s requestKey, `password/change`',
    ),
  }),
  recoveryCode,
  recoveryCodeVerified: z.object({ accountResetToken: token('Signs one account/reset or password/reset') }),
  randomBytes: z.object({ data: hexBytes(32) }),
  empty,
};
