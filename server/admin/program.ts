import { Command } from 'commander';
import type { Environment } from '../../config/environment.js';
import type { CreateOptions } from './account-create-command.js';
import type { SearchOptions } from './account-search-command.js';
import { readActor } from './actor.js';
import { DEFAULT_LIMIT, type PageOptions } from './page.js';
import type { Report } from './report.js';
import type { MoveOptions } from './storage-commands.js';
import { openTerminal, type Streams, type Terminal } from './terminal.js';

/** What every command takes. */
export interface CommandOptions {
  json?: boolean;
  yes?: boolean;
}

/** Loaded on demand: no command pays for another, and help for none. */
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
Settings are read from the environment, as the server reads them: give it the server's.
Exit codes: 0 done, 1 refused or broken, 2 not understood.`;

/**
 * Every command, its arguments and its help.
 * @param env read by a command, not before: help needs no settings
 * @param show told what a command came to, and how it is to be shown
 */
export function createProgram(
  env: Environment,
  show: (report: Report, options: CommandOptions) => void,
  streams: Streams,
): Command {
  const readConfig = async () => (await load.config()).loadConfig(env);
  const program = new Command('admin')
    .description('Looks after a Firefox Accounts key server: its accounts, keys, stores and settings.')
    .helpCommand(false)
    .addHelpText('after', SETTINGS_NOTE);

  const add = (parent: Command, usage: string, description: string, work: Work, asks = false) => {
    const command = parent.command(usage).description(description).option('--json', 'print one JSON value');
    if (asks) command.option('--yes', 'do not ask');
    command.action(async (...given: unknown[]) => {
      const options = command.opts<CommandOptions>();
      const argument = typeof given[0] === 'string' ? given[0] : '';
      show(await work(openTerminal(readActor(env), options.yes ?? false, streams), argument), options);
    });
    return command.addHelpText('after', SETTINGS_NOTE);
  };
  const addGroup = (name: string, description: string) =>
    program.command(name).description(description).helpCommand(false);

  const account = addGroup('account', 'accounts; one is named by its mail address or its uid');
  add(account, 'show <account>', 'show what is known of it, no secrets', async (_, name) =>
    (await load.account()).showAccount(await readConfig(), name),
  );
  add(account, 'sessions <account>', 'list its sessions with their devices', async (_, name) =>
    (await load.account()).listSessions(await readConfig(), name),
  );
  add(account, 'verify <account>', 'mark its address as verified, without a mail', async (terminal, name) =>
    (await load.account()).verifyAccount(await readConfig(), name, terminal),
  );
  add(
    account,
    'lock <account>',
    'end its sessions, and answer its logins with errno 103 (incorrect password) until it is unlocked; no recovery codes are sent',
    async (terminal, name) => (await load.account()).lockAccount(await readConfig(), name, terminal),
    true,
  );
  add(account, 'unlock <account>', 'let its password be right again', async (terminal, name) =>
    (await load.account()).unlockAccount(await readConfig(), name, terminal),
  );
  add(
    account,
    'destroy <account>',
    'delete it with its keys, for good',
    async (terminal, name) => (await load.account()).destroyAccount(await readConfig(), name, terminal),
    true,
  );

  const create = add(
    account,
    'create <address>',
    'create one whatever REGISTRATION says; asks for the password, or reads it from standard input, and sends the verification mail',
    async (terminal, address) => {
      const { createAccount } = await load.accountCreate();
      return createAccount(await readConfig(), address, create.opts<CreateOptions>(), terminal);
    },
  );
  create.option('--language <language>', 'of its mails: en, de, es, fr or ja (default: en)');
  add(
    account,
    'export <account>',
    'print what is stored of its owner, as JSON; no keys, codes or verifiers',
    async (terminal, name) => (await load.accountExport()).exportAccount(await readConfig(), name, terminal),
  );
  const list = add(account, 'list', 'list all accounts, by address', async () =>
    (await load.accountSearch()).listAccounts(await readConfig(), list.opts<PageOptions>()),
  );
  addPaging(list, 'address');
  const search = add(
    account,
    'search',
    'list the accounts for which every condition holds, by address',
    async () => (await load.accountSearch()).listAccounts(await readConfig(), search.opts<SearchOptions>()),
  );
  search
    .option('--prefix <text>', 'how the address begins')
    .option('--domain <domain>', 'the part after the @')
    .option('--unverified', 'the address is not verified')
    .option('--locked', 'an operator locked it')
    .option('--idle-since <date>', 'no session was used since then (2026-11-27, or a time in ISO 8601)');
  addPaging(search, 'address');

  const keys = addGroup('keys', 'the keys that certificates are signed with');
  add(keys, 'list', 'list them, the newest first', async () =>
    (await load.keys()).listKeys(await readConfig()),
  );
  add(
    keys,
    'rotate',
    'make a new key of SIGNING_ALGORITHM, which takes over in a minute on every server that runs; certificates of the old one verify until they expire',
    async (terminal) => (await load.keys()).rotateKey(await readConfig(), terminal),
    true,
  );

  add(
    keys,
    'withdraw <key>',
    'take a key out of use that somebody else may have: another signs, a new one where there is none, and certificates of this one are refused',
    async (terminal, id) => (await load.keys()).withdrawKey(await readConfig(), id, terminal),
    true,
  );

  const storage = addGroup('storage', 'the database as a whole');
  add(
    storage,
    'reencrypt',
    'seal everything with the first key of STORAGE_KEY, while servers run',
    async (terminal) => (await load.storage()).reencryptStorage(await readConfig(), terminal),
  );
  const move = add(
    storage,
    'move',
    'copy everything into an empty database and compare; servers must be stopped. A database is sqlite:PATH or a postgres:// URL; a password in the URL is seen by others on this machine: leave it to PGPASSWORD or ~/.pgpass',
    async (terminal) =>
      (await load.storage()).moveStorage(await readConfig(), move.opts<MoveOptions>(), terminal),
    true,
  );
  move
    .requiredOption('--to <database>', 'where to')
    .option('--from <database>', 'where from; it is only read (default: the database of the settings)');

  const audit = add(program, 'audit', 'list what was done with these commands, by whom and when', async () =>
    (await load.audit()).listActs(await readConfig(), audit.opts<PageOptions>()),
  );
  addPaging(audit, 'ID');

  add(
    program,
    'capacity',
    'time the stretching of passwords here, and say what this machine can do',
    async (terminal) => (await load.capacity()).reportCapacity(await readConfig(), terminal),
  );
  add(program, 'doctor', 'check every setting, store and key, and say what to do', async (terminal) =>
    (await load.doctor()).examine(env, terminal),
  );
  return program;
}

function addPaging(command: Command, cursor: string): void {
  command
    .option('--limit <rows>', `rows of a page (default: ${DEFAULT_LIMIT})`)
    .option('--after <cursor>', `the ${cursor} that the page before ended with`);
}
