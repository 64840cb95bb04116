import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import type { Config } from '../../config/load.js';
import { SLOT_MIB, Stretcher } from '../../workers/stretcher.js';
import { makeAccount, verificationMail } from '../accounts/account-creation.js';
import { chooseLocale } from '../locales/locale.js';
import { bodies } from '../schemas/schemas.js';
import { recordAct } from './administrative-acts.js';
import { CommandError } from './command-error.js';
import type { Report } from './report.js';
import { withStores } from './stores.js';
import type { Terminal } from './terminal.js';

const SALT_BYTES = 32;
const { shape: rules } = bodies.rawAccountCreate;

export interface CreateOptions {
  language?: string;
}

export function createAccount(
  config: Config,
  address: string,
  { language }: CreateOptions,
  terminal: Terminal,
): Promise<Report> {
  return withStores(config, async (storage) => {
    const email = requireValid(
      rules.email,
      Buffer.from(address).toString('hex'),
      `${address} is not a mail address`,
    );
    if (await storage.accounts.exists(email)) throw new CommandError(`${email} already has an account`);
    const secret = Buffer.from(await terminal.askNewPassword(`Password for ${email}`));
    const password = requireValid(rules.password, secret, 'a password must have 1 to 1024 bytes');
    terminal.progress('Stretching the password…');
    const material = await stretch(config, email, password);
    const account = makeAccount(email, material, chooseLocale(language), Date.now());
    if (!(await storage.accounts.create(account, verificationMail(account, account.createdAt))))
      throw new CommandError(`${email} already has an account`);
    const { uid } = account;
    await recordAct(storage, terminal, { event: 'accountCreated', uid });
    const text = `${uid} is created. A running server sends its verification mail.`;
    return { text, json: { uid, changed: true } };
  });
}

/** Applies a rule of the API. @throws CommandError */
function requireValid<Value>(rule: z.ZodType<Value>, value: unknown, problem: string): Value {
  const parsed = rule.safeParse(value);
  if (!parsed.success) throw new CommandError(problem);
  return parsed.data;
}

async function stretch({ stretchEngine }: Config, email: string, password: Uint8Array) {
  const salts = { srpSalt: randomBytes(SALT_BYTES), stretchingSalt: randomBytes(SALT_BYTES) };
  const stretcher = new Stretcher({
    engine: stretchEngine,
    threads: 1,
    memoryMiB: SLOT_MIB,
    niceIncrement: 0,
  });
  try {
    const request = { email: new TextEncoder().encode(email), password, ...salts };
    const { verifier, unwrapBKey } = await stretcher.stretch(request, { source: 'admin' });
    unwrapBKey.fill(0);
    return { verifier, ...salts };
  } finally {
    password.fill(0);
    await stretcher.close();
  }
}
