import { KeyServerClient } from '../../../client/key-server-client.js';
import { createNodeEngine } from '../../../client/node-engine.js';
import { RawPasswordClient } from '../../../client/raw-password-client.js';
import { SrpClient } from '../../../client/srp-client.js';
import { startServer, type TestServer } from '../api/start-server.js';
import type { Teardown } from '../services/service-process.js';
import { Recorder } from './recorder.js';

export type Recordings = Map<string, string>;

const PUBLIC_URL = 'https://accounts.example.org';
const EMAIL = 'me@example.com';
const [FIRST, SECOND, THIRD] = ['correct horse', 'battery staple', 'stapled horse'];
const PUBLIC_KEY = {
  algorithm: 'RS',
  n: '4759385967235610503571494339196749614544606692567785790953934768202714280652973091341316862993582789079872007974809511698859885077002492642203267408776123',
  e: '65537',
} as const;

/** Runs every flow of docs/clients/flows.md on a real server. */
export async function recordFlows(t: Teardown): Promise<Recordings> {
  const server = await startServer(t, { PUBLIC_URL });
  const recorder = new Recorder(server.url);
  const client = new KeyServerClient({ url: PUBLIC_URL, fetch: recorder.fetch });
  const srp = new SrpClient(client, createNodeEngine());
  const recordings: Recordings = new Map();
  const record = async (name: string) => void recordings.set(name, await recorder.take());

  const { uid } = await srp.createAccount(EMAIL, FIRST);
  await record('account-create');
  const first = await srp.login(EMAIL, FIRST, { name: 'My desktop', type: 'desktop' });
  await record('login');
  recordings.set('verification-mail', await showMail(server, uid));
  const events = client.recoveryEmail.statusEvents(first.sessionToken);
  await events.next();
  await client.recoveryEmail.verifyCode(uid, await server.mailbox.readCode('x-verify-code', uid));
  while (!(await events.next()).done);
  await record('verification');
  await srp.fetchKeys(first.keyFetchToken, first.unwrapBKey);
  await client.certificate.sign(first.sessionToken, { publicKey: PUBLIC_KEY, duration: 3600 });
  await record('keys-and-certificate');

  const second = await srp.login(EMAIL.toUpperCase(), FIRST, { name: 'My laptop', type: 'computer' });
  await srp.fetchKeys(second.keyFetchToken, second.unwrapBKey);
  await client.account.devices(second.sessionToken);
  await record('attach');

  await srp.changePassword(EMAIL, FIRST, SECOND);
  await client.recoveryEmail.status(second.sessionToken).catch(() => {});
  await record('change');

  const { forgotPasswordToken } = await srp.sendRecoveryCode(EMAIL);
  const code = await server.mailbox.readCode('x-recovery-code', uid);
  await srp
    .verifyRecoveryCode(forgotPasswordToken, code === '00000000' ? '00000001' : '00000000')
    .catch(() => {});
  const accountResetToken = await srp.verifyRecoveryCode(forgotPasswordToken, code);
  await srp.resetPassword(EMAIL, accountResetToken, THIRD);
  await record('forgot');

  const raw = new RawPasswordClient(client);
  const phone = await raw.login(EMAIL, THIRD, { name: 'My phone', type: 'phone' });
  await raw.login(EMAIL, FIRST).catch(() => {});
  await raw.changePassword(EMAIL, THIRD, FIRST);
  await client.session.destroy(phone.sessionToken).catch(() => {});
  await record('raw-password');
  return recordings;
}

async function showMail({ mailbox }: TestServer, uid: string): Promise<string> {
  const mail = (await mailbox.list(uid)).at(-1);
  const shown = ['X-Uid', 'X-Verify-Code', 'X-Link'].map((name) => {
    const value = mail?.headers.get(name.toLowerCase());
    if (typeof value !== 'string') throw new Error(`the mail has no ${name}`);
    return `${name}: ${value}`;
  });
  return `\`\`\`\n${shown.join('\n')}\n\`\`\`\n`;
}

export function putRecordings(document: string, recordings: Recordings): string {
  return [...recordings].reduce((text, [name, recording]) => {
    const place = new RegExp(`(<!-- recording: ${name} -->\\n\\n)[\\s\\S]*?(\\n*<!-- /recording -->)`);
    if (!place.test(text)) throw new Error(`the document has no place for ${name}`);
    return text.replace(place, (_, start: string, end: string) => `${start}${recording}\n${end.trimStart()}`);
  }, document);
}
