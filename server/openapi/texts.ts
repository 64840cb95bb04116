export interface OperationText {
  tag: keyof typeof TAGS;
  summary: string;
  description: string;
}

export const TAGS = {
  Account: 'Accounts, their devices and their keys.',
  Authentication: 'SRP-6a: the password is proven, not sent.',
  Session: 'Devices that are logged in.',
  'Raw password': 'For devices that cannot stretch: the password is sent, and the server stretches it.',
  'Recovery email': 'The address, and whether it is verified.',
  'Certificate signing': 'BrowserID certificates.',
  Password: 'Changing a password, and what to do without it.',
  Miscellaneous: 'Random bytes, and this document.',
  Operations: 'For operators, load balancers and relying parties.',
} as const;

type Line = [tag: keyof typeof TAGS, summary: string, description: string];

const LINES: Record<string, Line> = {
  'POST /v1/account/create': [
    'Account',
    'Create an account',
    'The client has stretched the password and sends the SRP verifier. A verification code goes out by mail.',
  ],
  'GET /v1/account/devices': ['Account', 'List devices', 'One entry a session.'],
  'GET /v1/account/keys': [
    'Account',
    'Fetch kA and wrap(kB)',
    'Once for each keyFetchToken, and only when the email address is verified.',
  ],
  'POST /v1/account/reset': [
    'Account',
    'Set a new password',
    'The bundle holds wrap(kB) and the verifier; a wrap(kB) of zeros means a new one. Ends every session and outstanding token of the account.',
  ],
  'POST /v1/account/destroy': ['Account', 'Destroy the account', 'There is no way back.'],
  'POST /v1/auth/start': [
    'Authentication',
    'Begin to prove a password',
    'Returns the salts and the server’s B. The srpToken is good for one auth/finish within 60 seconds.',
  ],
  'POST /v1/auth/finish': [
    'Authentication',
    'Prove a password',
    'Returns an authToken in a bundle under K. Every attempt consumes the srpToken. An unknown, expired or used srpToken is errno 110.',
  ],
  'POST /v1/session/create': ['Session', 'Open a session', 'Returns a sessionToken and a keyFetchToken.'],
  'POST /v1/session/destroy': ['Session', 'End the session', 'Signs this device out.'],
  'POST /v1/raw_password/account/create': [
    'Raw password',
    'Create an account',
    'The server stretches. The account opens over SRP as well.',
  ],
  'POST /v1/raw_password/session/create': ['Raw password', 'Open a session', 'Comes without keys.'],
  'POST /v1/raw_password/password/change': [
    'Raw password',
    'Change the password',
    'Keeps kB. Ends every session and outstanding token of the account.',
  ],
  'POST /v1/raw_password/password/reset': [
    'Raw password',
    'Set a new password without the old one',
    'Makes a new kB. Ends every session and outstanding token of the account.',
  ],
  'GET /v1/recovery_email/status': [
    'Recovery email',
    'Whether the address is verified',
    'With `Accept: text/event-stream`: an event at once and on each change, comment lines in between; the stream ends after `verified: true`.',
  ],
  'POST /v1/recovery_email/resend_code': [
    'Recovery email',
    'Mail the verification code again',
    'Sends nothing when the address is verified.',
  ],
  'POST /v1/recovery_email/verify_code': [
    'Recovery email',
    'Verify the address',
    'With what the mailed link carries in its fragment. A second time does no harm.',
  ],
  'POST /v1/certificate/sign': [
    'Certificate signing',
    'Sign a public key',
    'Only when the email address is verified. RS numbers are decimal, DS numbers hex.',
  ],
  'POST /v1/password/change/start': [
    'Password',
    'Begin to change the password',
    'Returns a keyFetchToken and an accountResetToken.',
  ],
  'POST /v1/password/forgot/send_code': [
    'Password',
    'Mail a recovery code',
    'Voids the codes and tokens before it.',
  ],
  'POST /v1/password/forgot/resend_code': [
    'Password',
    'Mail the same code again',
    'Neither time nor tries start over.',
  ],
  'POST /v1/password/forgot/verify_code': [
    'Password',
    'Give the recovery code',
    'Each wrong code is one try; after the last the token is void.',
  ],
  'POST /v1/get_random_bytes': [
    'Miscellaneous',
    'Get 32 random bytes',
    'To be combined with random bytes of the client’s own.',
  ],
  'GET /v1/openapi.json': [
    'Miscellaneous',
    'This document',
    'Generated from the schemas that requests are checked with.',
  ],
  'GET /.well-known/browserid': [
    'Operations',
    'BrowserID support document',
    'The keys that certificates of this server are signed with.',
  ],
  'GET /__heartbeat__': [
    'Operations',
    'Whether every store answers',
    'Not authenticated; 503 names the store that does not. `mail` is as the last try to send one went.',
  ],
  'GET /__lbheartbeat__': ['Operations', 'Whether the server runs', 'Asks no store.'],
  'GET /metrics': [
    'Operations',
    'Metrics for Prometheus',
    'In its text format, version 0.0.4. On a port of its own where the operator has set one; then it is not here.',
  ],
  'GET /__version__': ['Operations', 'Name and version', 'Of the running server.'],
};

export const TEXTS: Readonly<Record<string, OperationText>> = Object.fromEntries(
  Object.entries(LINES).map(([name, [tag, summary, description]]) => [name, { tag, summary, description }]),
);
