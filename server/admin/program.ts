import { Command } from 'commander';
import type { Environment } from '../../config/environment.js';
import type { CreateOptions } from './account-create-command.js';
import type { SearchOptions } from './account-search-command.js';
import { readActor } from './actor.js';
import { DEFAULT_LIMIT, type PageOptions } from './page.js';
import type { Report } from './report.js';
import type { MoveOptions } from './storage-commands.js';
import { openTerminal, type Streams, type Terminal } from './terminal.js';

export interface CommandOptions {
  json?: boolean;
  yes?: boolean;
}

/** Loaded on demand, so that each command loads only its own modules. */
const load = {
  config: () => import('../../config/load.js'),
  account: () => import('./account-commands.js'),
  accountCreate: () => import('./account-create-command.js'),
  accountExport: () => import('./account-export-command.js'),
  accountSearch: () => import('./account-search-command.js'),
  audit: () => import('./audit-command.js'),
  keys: () => import('./key-commands.js'),
  storage: () => import('./storage-commands.js'),
  capacity: () => import('./capacity/capacity-command.js'),
  doctor: () => import('./doctor/doctor-command.js'),
};

type Work = (terminal: Terminal, argument: string) => Promise<Report>;

const SETTINGS_NOTE = `
Settings are read from the environment: set the same variables as for the server.
Exit codes: 0 success, 1 refused or broken, 2 usage error.`;

/** Creates the command line. `env` is read when a command runs, because help needs no settings. */
export function createProgram(
  env: Environment,
  show: (report: Report, options: CommandOptions) => void,
  streams: Streams,
): Command {
  const readConfig = async () => (await load.config()).loadConfig(env);
  const program = new Command('admin')
    .description('Manages a Firefox Accounts key server: accounts, keys, stores and settings.')
    .helpCommand(false)
    .addHelpText('after', SETTINGS_NOTE);

  const add = (parent: Command, usage: string, description: string, work: Work, asks = false) => {
    const command = parent.command(usage).description(description).option('--json', 'print one JSON value');
    if (asks) command.option('--yes', 'do not ask for confirmation');
    command.action(async (...given: unknown[]) => {
      const options = command.opts<CommandOptions>();
      const argument = typeof given[0] === 'string' ? given[0] : '';
      show(await work(openTerminal(readActor(env), options.yes ?? false, streams), argument), options);
    });
    return command.addHelpText('after', SETTINGS_NOTE);
  };
  const addGroup = (name: string, description: string) =>
    program.command(name).description(description).helpCommand(false);

  const account = addGroup('account', 'accounts, identified by email address or uid');
  add(account, 'show <account>', 'show an account, without secrets', async (_, name) =>
    (await load.account()).showAccount(await readConfig(), name),
  );
  add(account, 'sessions <account>', 'list its sessions and devices', async (_, name) =>
    (await load.account()).listSessions(await readConfig(), name),
  );
  add(account, 'verify <account>', 'mark its address as verified without a mail', async (terminal, name) =>
    (await load.account()).verifyAccount(await readConfig(), name, terminal),
  );
  add(
    account,
    'lock <account>',
    'end its sessions and refuse logins with errno 103 (incorrect password) until it is unlocked; recovery codes are not sent',
    async (terminal, name) => (await load.account()).lockAccount(await readConfig(), name, terminal),
    true,
  );
  add(account, 'unlock <account>', 'accept its password again', async (terminal, name) =>
    (await load.account()).unlockAccount(await readConfig(), name, terminal),
  );
  add(
    account,
    'destroy <account>',
    'delete it and its keys permanently',
    async (terminal, name) => (await load.account()).destroyAccount(await readConfig(), name, terminal),
    true,
  );

  const create = add(
    account,
    'create <address>',
    'create an account regardless of REGISTRATION; the password is prompted for or read from standard input; a verification mail is sent',
    async (terminal, address) => {
      const { createAccount } = await load.accountCreate();
      return createAccount(await readConfig(), address, create.opts<CreateOptions>(), terminal);
    },
  );
  create.option('--language <language>', 'language of its mails: en, de, es, fr or ja (default: en)');
  add(
    account,
    'export <account>',
    'print the stored data of its owner as JSON, without keys, codes and verifiers',
    async (terminal, name) => (await load.accountExport()).exportAccount(await readConfig(), name, terminal),
  );
  const list = add(account, 'list', 'list all accounts, ordered by address', async () =>
    (await load.accountSearch()).listAccounts(await readConfig(), list.opts<PageOptions>()),
  );
  addPaging(list, 'address');
  const search = add(
    account,
    'search',
    'list the accounts that match all conditions, ordered by address',
    async () => (await load.accountSearch()).listAccounts(await readConfig(), search.opts<SearchOptions>()),
  );
  search
    .option('--prefix <text>', 'beginning of the address')
    .option('--domain <domain>', 'part of the address after the @')
    .option('--unverified', 'only unverified addresses')
    .option('--locked', 'only locked accounts')
    .option('--idle-since <date>', 'no session used since then (2026-11-27, or a time in ISO 8601)');
  addPaging(search, 'address');

  const keys = addGroup('keys', 'keys that sign certificates');
  add(keys, 'list', 'list the keys, newest first', async () =>
    (await load.keys()).listKeys(await readConfig()),
  );
  add(
    keys,
    'rotate',
    'create a key of SIGNING_ALGORITHM, which every running server uses after a minute; certificates of the old key stay valid until they expire',
    async (terminal) => (await load.keys()).rotateKey(await readConfig(), terminal),
    true,
  );

  add(
    keys,
    'withdraw <key>',
    'withdraw a compromised key: another key signs, or a new one if there is none; certificates of the withdrawn key become invalid',
    async (terminal, id) => (await load.keys()).withdrawKey(await readConfig(), id, terminal),
    true,
  );

  const storage = addGroup('storage', 'the whole database');
  add(
    storage,
    'reencrypt',
    'encrypt all secrets with the first key of STORAGE_KEY; servers can run',
    async (terminal) => (await load.storage()).reencryptStorage(await readConfig(), terminal),
  );
  const move = add(
    storage,
    'move',
    'copy all data into an empty database and compare; servers must be stopped. A database is sqlite:PATH or a postgres:// URL. Set passwords in PGPASSWORD or ~/.pgpass: other users of this machine can see the URL',
    async (terminal) =>
      (await load.storage()).moveStorage(await readConfig(), move.opts<MoveOptions>(), terminal),
    true,
  );
  move
    .requiredOption('--to <database>', 'target')
    .option('--from <database>', 'source, which is not changed (default: the database of the settings)');

  const audit = add(
    program,
    'audit',
    'list the changes made with these commands, with user and time',
    async () => (await load.audit()).listActs(await readConfig(), audit.opts<PageOptions>()),
  );
  addPaging(audit, 'ID');

  add(
    program,
    'capacity',
    'measure password stretching on this machine and recommend settings',
    async (terminal) => (await load.capacity()).reportCapacity(await readConfig(), terminal),
  );
  add(program, 'doctor', 'check settings, stores and keys, and recommend actions', async (terminal) =>
    (await load.doctor()).examine(env, terminal),
  );
  return program;
}

function addPaging(command: Command, cursor: string): void {
  command
    .option('--limit <rows>', `rows on a page (default: ${DEFAULT_LIMIT})`)
    .option('--after <cursor>', `last ${cursor} of the previous page`);
}
