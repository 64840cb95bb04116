/** In Node, `createNodeEngine` of `./node-engine.js` stretches faster than the default engine. */
export { createBrowserEngine } from './browser-engine.js';
export { emailFromHex, emailToHex } from './email.js';
export * from './endpoints/account.js';
export * from './endpoints/auth.js';
export * from './endpoints/certificate.js';
export * from './endpoints/password.js';
export * from './endpoints/raw-password.js';
export * from './endpoints/recovery-email.js';
export * from './endpoints/session.js';
export {
  ApiError,
  type ApiErrorBody,
  type ApiErrorReason,
  ConnectionError,
  ERRNOS,
  isApiError,
  ProtocolError,
} from './errors.js';
export { createKernelScrypt, isKernelSupported } from './kernel-scrypt.js';
export { KeyServerClient, type SupportDocument } from './key-server-client.js';
export { RawPasswordClient } from './raw-password-client.js';
export type { Authentication } from './srp-authentication.js';
export { type AccountKeys, type Login, SrpClient } from './srp-client.js';
export { createStretcher, type Engine, type Pbkdf2, type Scrypt, type Stretcher } from './stretcher.js';
export type { Transport, TransportOptions } from './transport.js';
export type { AccountId, DeviceDescription, PasswordStretching } from './wire.js';
