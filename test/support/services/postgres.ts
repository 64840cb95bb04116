import { execFile } from 'node:child_process';
import { chown, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { findFreePort } from './free-port.js';
import { findProgram, launch, ServiceProcess, type Teardown } from './service-process.js';

const run = promisify(execFile);

/** Debian keeps these programs outside of PATH, one directory per version. */
const DEBIAN_VERSIONS = '/usr/lib/postgresql';
/** initdb and postgres refuse to run as root. */
const USER = 'postgres';

export interface Postgres extends ServiceProcess {
  readonly port: number;
  readonly url: string;
  createDatabase(): Promise<string>;
}

/** @param options.args more arguments for `postgres`, for example `['-c', 'max_connections=20']` */
export async function startPostgres(t: Teardown, options: { args?: string[] } = {}): Promise<Postgres> {
  const programs = await findPrograms();
  const directory = await makeDirectory();
  const port = await findFreePort();
  const postgres = new ServiceProcess({
    command: [
      join(programs, 'postgres'),
      ...['-D', directory, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      // Without fsync, commits still survive a kill; no test cuts the power.
      ...['-c', 'fsync=off'],
      ...(options.args ?? []),
    ],
    ready: /database system is ready to accept connections/,
    stopSignal: 'SIGINT',
    user: USER,
  });
  t.teardown(async () => {
    await postgres.stop('SIGQUIT');
    await rm(directory, { recursive: true, force: true });
  });
  const template = process.env.TEST_POSTGRES_TEMPLATE;
  if (template) await run('cp', ['-a', `${template}/.`, directory]);
  else await initialise(join(programs, 'initdb'), directory);
  await postgres.start();

  const server = `postgres://${USER}@127.0.0.1:${port}`;
  let databases = 0;
  const createDatabase = async () => {
    const name = `test${++databases}`;
    await askPostgres(`${server}/postgres`, `create database ${name}`);
    return `${server}/${name}`;
  };
  return Object.assign(postgres, { port, url: `${server}/postgres`, createDatabase });
}

/** Creates a cluster to copy for {@link startPostgres}: this takes a tenth of the time of a new one. */
export async function makePostgresTemplate(): Promise<string> {
  const directory = await makeDirectory();
  await initialise(join(await findPrograms(), 'initdb'), directory);
  return directory;
}

async function findPrograms(): Promise<string> {
  return dirname(findProgram('initdb', 'postgresql', await versions()));
}

async function makeDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'postgres-'));
  if (process.getuid?.() === 0) await chown(directory, ...(await idsOf(USER)));
  return directory;
}

async function initialise(initdb: string, directory: string): Promise<void> {
  const [command, ...args] = launch({
    command: [initdb, '-D', directory, '-U', USER, '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    user: USER,
  }) as [string, ...string[]];
  await run(command, args, { cwd: directory });
}

/** Newest version first. */
async function versions(): Promise<string[]> {
  const names = await readdir(DEBIAN_VERSIONS).catch(() => []);
  return names.sort((a, b) => Number(b) - Number(a)).map((name) => join(DEBIAN_VERSIONS, name, 'bin'));
}

async function idsOf(user: string): Promise<[uid: number, gid: number]> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, user])));
  return [Number(uid?.stdout), Number(gid?.stdout)];
}

export async function askPostgres(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(statement)).rows;
  } finally {
    await client.end();
  }
}
