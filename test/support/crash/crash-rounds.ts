import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { DatabaseLocation } from '../../../storage/sql/database.js';
import { ServerProcess } from '../api/server-process.js';
import { makeDataDir } from '../api/start-server.js';
import { auditClient, type InFlightOutcome } from './audit.js';
import { describePlan, drawKillPlan, kill } from './kill-plan.js';
import { Load } from './load.js';
import { LoadClient } from './load-client.js';
import { MailFolder } from './mail-folder.js';
import { KINDS, type Kind } from './operations.js';
import { createRandom, type Random } from './random.js';
import { readRows } from './rows.js';

/** CRASH_ROUNDS sets the number of kills. CRASH_SEED, which a run prints, repeats its choices. */
const { CRASH_ROUNDS, CRASH_SEED } = process.env;
const ROUNDS = Number(CRASH_ROUNDS ?? 3);
const CLIENT_METHODS = ['srp', 'srp', 'srp', 'srp', 'raw', 'raw'] as const;
/** Long enough for a busy machine. */
export const CRASH_TIMEOUT_MS = ROUNDS * 120_000;
/** About the time of a start: some are killed during it. */
const START_MS = 700;

export interface CrashStore {
  locate(dataDir: string): DatabaseLocation;
  settings(round: number): Record<string, string>;
  isInTransaction(dataDir: string): Promise<boolean | undefined>;
}

/** Kills a server under load, restarts it on its data, and compares its state with the acknowledged one. */
export async function runCrashRounds(t: Test, store: CrashStore): Promise<void> {
  const seed = CRASH_SEED ?? String(Date.now() % 2 ** 31);
  t.comment(`CRASH_SEED=${seed} CRASH_ROUNDS=${ROUNDS}`);
  t.setTimeout(CRASH_TIMEOUT_MS);
  const dataDir = await makeDataDir(t);
  const run = new CrashRun(t, store, dataDir, seed);
  try {
    for (let round = 0; round < ROUNDS; round++) await run.playRound(round);
    await run.finish();
  } catch (error) {
    throw new Error(`CRASH_SEED=${seed}: ${(error as Error).message}`, { cause: error });
  }
}

class CrashRun {
  readonly #clients = CLIENT_METHODS.map((method) => new LoadClient(method));
  readonly #mails: MailFolder;
  readonly #outcomes: InFlightOutcome[] = [];
  #acknowledged = 0;
  #amidTransactions = 0;

  constructor(
    readonly t: Test,
    readonly store: CrashStore,
    readonly dataDir: string,
    readonly seed: string,
  ) {
    this.#mails = new MailFolder(join(dataDir, 'mail'));
  }

  async playRound(round: number): Promise<void> {
    const random = createRandom(`${this.seed}/${round}`);
    if (round === 0 || random.integer(1, 3) === 1) await this.#killStart(round, random);
    const server = await this.#start(round).listening();
    await this.#audit(server, 'touched');
    await this.#loadAndKill(round, server, random);
  }

  async finish(): Promise<void> {
    const server = await this.#start(ROUNDS).listening();
    await this.#audit(server, 'all');
    server.kill('SIGTERM');
    this.t.match(await server.exit(), { code: 0 });
    const count = (kind: Kind, happened: boolean) =>
      this.#outcomes.filter((outcome) => outcome.kind === kind && outcome.happened === happened).length;
    const outcomes = KINDS.map((kind) => `${kind} ${count(kind, true)} done, ${count(kind, false)} not`);
    this.t.comment(`in flight at a kill: ${outcomes.join('; ')}`);
    this.t.comment(`${this.#amidTransactions} kills during a transaction`);
    this.t.ok(
      this.#acknowledged > ROUNDS,
      `${this.#acknowledged}acknowledged, none lost, none partly executed`,
    );
  }

  #start(round: number): ServerProcess {
    const { dataDir } = this;
    return new ServerProcess(this.t, {
      DATA_DIR: dataDir,
      STRETCH_MAX_WAIT: '60',
      ...this.store.settings(round),
    });
  }

  async #killStart(round: number, random: Random): Promise<void> {
    const server = this.#start(round);
    await sleep(random.integer(0, START_MS));
    server.kill('SIGKILL');
    await server.exit();
  }

  async #audit(server: ServerProcess, which: 'touched' | 'all'): Promise<void> {
    const { store, dataDir } = this;
    const rows = await readRows(store.locate(dataDir));
    const unmailed: string[] = [];
    for (const uid of rows.unverified) {
      const codes = await this.#mails.list('X-Verify-Code', uid);
      if (codes.length === 0 && !rows.mailed.has(uid)) unmailed.push(uid);
    }
    const outcomes = await Promise.all(
      this.#clients.map((client) => auditClient(server.url, client, rows, which)),
    );
    this.#outcomes.push(...outcomes.flat());
    const living = this.#clients.flatMap(({ accounts }) => accounts).filter(({ state }) => state.exists);
    const emails = [...rows.accounts.keys()].toSorted();
    this.t.same(
      { faults: rows.faults, unmailed, emails },
      { faults: [], unmailed: [], emails: living.map(({ email }) => email).toSorted() },
    );
  }

  async #loadAndKill(round: number, server: ServerProcess, random: Random): Promise<void> {
    const { store, dataDir } = this;
    const load = new Load(server.url);
    const lives = this.#clients.map((client, i) =>
      client.live(load, this.#mails, createRandom(`${this.seed}/${round}/${i}`)),
    );
    const plan = drawKillPlan(round, random);
    const wentAsPlanned = await kill(plan, {
      server,
      acknowledged: (count) => load.when(() => load.acknowledged >= count),
      nextWriting: (kind) => load.when((written) => written === kind),
      loadBroke: Promise.race(lives).catch(() => {}),
      isInTransaction: () => store.isInTransaction(dataDir),
      onKill: () => load.end(),
    });
    await Promise.all(lives);
    this.#acknowledged += load.acknowledged;
    if (plan.how === 'during a transaction' && wentAsPlanned) this.#amidTransactions++;
    const inFlight = this.#clients.flatMap(({ accounts }) =>
      accounts.flatMap(({ inFlight }) => inFlight?.kind ?? []),
    );
    this.t.comment(
      `round ${round}: killed ${describePlan(plan)}${wentAsPlanned ? '' : ' (not as planned)'}; ` +
        `${load.acknowledged} acknowledged; in flight: ${inFlight.join(', ') || 'nothing'}`,
    );
  }
}
