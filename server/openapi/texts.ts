export interface OperationText {
  tag: keyof typeof TAGS;
  summary: string;
  description: string;
}

export const TAGS = {
  Account: 'Accounts, their devices and their keys.',
  Authentication: 'SRP-6a: the client proves the password without sending it.',
  Session: 'Logged-in devices.',
  'Raw password':
    'For devices that cannot stretch: the client sends the password, and the server stretches it.',
  'Recovery email': 'The address, and whether it is verified.',
  'Certificate signing': 'BrowserID certificates.',
  Password: 'Changing and resetting a password.',
  Miscellaneous: 'Random bytes, and this document.',
  Operations: 'For operators, load balancers and relying parties.',
} as const;

type Line = [tag: keyof typeof TAGS, summary: string, description: string];

const LINES: Record<string, Line> = {
  'POST /v1/account/create': [
    'Account',
    'Create an account',
    'The client has stretched the password and sends the SRP verifier. The server mails a verification code.',
  ],
  'GET /v1/account/devices': ['Account', 'List devices', 'Returns one entry for each session.'],
  'GET /v1/account/keys': [
    'Account',
    'Fetch kA and wrap(kB)',
    'Requires a verified address. Consumes the keyFetchToken.',
  ],
  'POST /v1/account/reset': [
    'Account',
    'Set a new password',
    'The bundle contains wrap(kB) and the verifier. With a wrap(kB) of zeros the server generates a new one. Ends every session and outstanding token of the account.',
  ],
  'POST /v1/account/destroy': ['Account', 'Destroy the account', 'The account cannot be restored.'],
  'POST /v1/auth/start': [
    'Authentication',
    'Begin to prove a password',
    'Returns the salts and the server’s B. The srpToken is valid for one auth/finish within 60 seconds.',
  ],
  'POST /v1/auth/finish': [
    'Authentication',
    'Prove a password',
    'Returns an authToken in a bundle under K. Every attempt consumes the srpToken. An unknown, expired or used srpToken is errno 110.',
  ],
  'POST /v1/session/create': ['Session', 'Open a session', 'Returns a sessionToken and a keyFetchToken.'],
  'POST /v1/session/destroy': ['Session', 'End the session', 'Logs this device out.'],
  'POST /v1/raw_password/account/create': [
    'Raw password',
    'Create an account',
    'The server stretches the password. SRP clients can use the account, too.',
  ],
  'POST /v1/raw_password/session/create': [
    'Raw password',
    'Open a session',
    'Returns no keyFetchToken: fetching keys requires SRP.',
  ],
  'POST /v1/raw_password/password/change': [
    'Raw password',
    'Change the password',
    'Keeps kB. Ends every session and outstanding token of the account.',
  ],
  'POST /v1/raw_password/password/reset': [
    'Raw password',
    'Set a new password without the old one',
    'Generates a new kB. Ends every session and outstanding token of the account.',
  ],
  'GET /v1/recovery_email/status': [
    'Recovery email',
    'Return whether the address is verified',
    'With `Accept: text/event-stream`: an event at once and after each change, and comment lines in between. The stream ends after `verified: true`.',
  ],
  'POST /v1/recovery_email/resend_code': [
    'Recovery email',
    'Mail the verification code again',
    'Sends no mail when the address is verified.',
  ],
  'POST /v1/recovery_email/verify_code': [
    'Recovery email',
    'Verify the address',
    'Takes the values in the fragment of the mailed link. Idempotent.',
  ],
  'POST /v1/certificate/sign': [
    'Certificate signing',
    'Sign a public key',
    'Requires a verified address. RS numbers are decimal, DS numbers hex.',
  ],
  'POST /v1/password/change/start': [
    'Password',
    'Begin to change the password',
    'Returns a keyFetchToken and an accountResetToken.',
  ],
  'POST /v1/password/forgot/send_code': [
    'Password',
    'Mail a recovery code',
    'Cancels the previous token of the account and client address.',
  ],
  'POST /v1/password/forgot/resend_code': [
    'Password',
    'Mail the same code again',
    'Lifetime and number of tries do not change.',
  ],
  'POST /v1/password/forgot/verify_code': [
    'Password',
    'Verify the recovery code',
    'A wrong code uses one of three tries. The token is invalid after the last one.',
  ],
  'POST /v1/get_random_bytes': [
    'Miscellaneous',
    'Get 32 random bytes',
    'Clients combine them with local random bytes.',
  ],
  'GET /v1/openapi.json': [
    'Miscellaneous',
    'This document',
    'Generated from the schemas that validate requests.',
  ],
  'GET /.well-known/browserid': [
    'Operations',
    'BrowserID support document',
    'The public keys that verify certificates of this server.',
  ],
  'GET /__heartbeat__': [
    'Operations',
    'Check the stores',
    'Replies 503 and names the store when one does not reply. `mail` is the outcome of the last delivery attempt.',
  ],
  'GET /__lbheartbeat__': ['Operations', 'Check the process', 'Uses no store.'],
  'GET /metrics': [
    'Operations',
    'Metrics for Prometheus',
    'Prometheus text format, version 0.0.4. Served on METRICS_PORT if the operator has set it.',
  ],
  'GET /__version__': ['Operations', 'Name and version', 'Identifies the running server.'],
};

export const TEXTS: Readonly<Record<string, OperationText>> = Object.fromEntries(
  Object.entries(LINES).map(([name, [tag, summary, description]]) => [name, { tag, summary, description }]),
);
