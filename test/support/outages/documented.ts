import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { Reply } from '../api/send.js';

const PATH = 'docs/operators/outages.md';

export type Away = 'database away' | 'Redis away' | 'mail server away' | 'disk full';

export class SeenAnswers {
  readonly #seen = new Map<string, string>();

  /** Fails the test if the endpoint (`METHOD path`) replied differently in another flow. */
  note(t: Test, endpoint: string, reply: Reply): void {
    const cell = describe(endpoint, reply);
    t.equal(this.#seen.get(endpoint) ?? cell, cell, `${endpoint} has the same reply each time`);
    this.#seen.set(endpoint, cell);
  }

  /** Each row of a documented column must have been observed and agree. */
  check(t: Test, away: Away): void {
    t.strictSame(Object.fromEntries(this.#seen), Object.fromEntries(readColumn(away)), away);
  }
}

function describe(endpoint: string, { status, body }: Reply): string {
  if (endpoint !== 'GET /__heartbeat__') return status === 200 ? 'works' : String(status);
  const unavailable = Object.keys(body).filter((store) => body[store] === 'unavailable');
  return [status, ...unavailable.map((store) => `"${store}":"unavailable"`)].join(', ');
}

function readColumn(away: Away): Map<string, string> {
  const rows = readFileSync(PATH, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')));
  const column = rows[0]?.indexOf(away) ?? -1;
  if (column < 0) throw new Error(`${PATH} has no column ${away}`);
  return new Map(rows.slice(2).map((cells) => [cells[1] as string, cells[column] as string]));
}
