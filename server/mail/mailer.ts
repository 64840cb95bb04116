import type { Logger } from 'pino';
import type { ClaimedMail, Outbox } from '../../storage/outbox.js';
import { type DeliveryFailure, MailDeliveryError } from './delivery-error.js';
import { isExpired, MAX_OUTAGE_PAUSE_MS, pauseOfMail, pauseOfOutage } from './delivery-schedule.js';
import { renderMail } from './render-mail.js';
import type { MailTransport } from './transport.js';

/** What became of a try to send a mail, for metrics. */
export interface MailEvent {
  type: 'sent' | 'expired' | DeliveryFailure;
  kind: ClaimedMail['kind'];
  /** How long the try took. */
  ms: number;
}

export interface MailerOptions {
  outbox: Outbox;
  /** Closed with the mailer. */
  transport: MailTransport;
  /** The From header. */
  from: string;
  publicUrl: string;
  /** The clock, ms since 1970. */
  now: () => number;
  log: Logger;
  observe?: (event: MailEvent) => void;
}

/** How many mails are under way at once. */
const MAX_SENDING = 4;
/** How long a claimed mail is this server's alone, in ms: longer than a delivery can take. */
const LEASE_MS = 2 * 60_000;
/** How often the outbox is asked for mails whose pause is over or whose server died, in ms. */
const POLL_MS = 5_000;
/** How long mails under way may take when the server stops, in ms. */
const CLOSING_GRACE_MS = 5_000;

/**
 * Sends what is in the outbox, and keeps trying. Nothing it does makes a request wait or fail.
 *
 * A mail can go out twice, when the server dies between sending and removing it; never less than once
 * while it is worth sending. While the mail server is away one mail at a time tries for all of them.
 */
export class Mailer {
  readonly #options: MailerOptions;
  readonly #sending = new Set<Promise<void>>();
  /** Sent, and not yet removed because the database was away: not to be sent again. */
  readonly #sent = new Set<string>();
  #pump: Promise<void> | undefined;
  #pumpAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Tries in a row that did not reach the mail server. */
  #outageFailures = 0;
  #outageUntilMs = 0;
  #databaseIsAway = false;

  constructor(options: MailerOptions) {
    this.#options = options;
  }

  /** Whether the last try reached the mail server. */
  get isReachable(): boolean {
    return this.#outageFailures === 0;
  }

  /** Begins to send what waits, and to look for more every few seconds. */
  start(): void {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.#timer.unref();
    this.wake();
  }

  /** A mail was committed to the outbox: it goes out soon, and nobody waits for it. */
  wake(): void {
    if (this.#closed) return;
    this.#pumpAgain = true;
    this.#pump ??= this.#runPump();
  }

  /** Settles when nothing is under way and nothing that may be sent now is left. */
  async waitUntilIdle(): Promise<void> {
    while (this.#pump || this.#sending.size > 0) await Promise.all([this.#pump, ...this.#sending]);
  }

  /** Stops; what is under way has a few seconds to finish, and otherwise waits in the outbox. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    const forced = setTimeout(() => this.#options.transport.close(), CLOSING_GRACE_MS);
    await this.waitUntilIdle();
    clearTimeout(forced);
    this.#options.transport.close();
  }

  async #runPump(): Promise<void> {
    try {
      // A mail committed while the last claim was under way may have missed it: hence again.
      while (this.#pumpAgain && !this.#closed) {
        this.#pumpAgain = false;
        await this.#claimAndSend();
      }
    } catch (error) {
      this.#logFailedStore(error);
    } finally {
      this.#pump = undefined;
    }
  }

  async #claimAndSend(): Promise<void> {
    const { outbox, now } = this.#options;
    for (const id of this.#sent) await this.#remove(id);
    const free = (this.#outageFailures > 0 ? 1 : MAX_SENDING) - this.#sending.size;
    if (free <= 0 || now() < this.#outageUntilMs) return;
    const mails = await outbox.claim(free, now(), LEASE_MS);
    this.#databaseIsAway = false;
    for (const mail of mails) {
      const delivery = this.#deliver(mail).finally(() => {
        this.#sending.delete(delivery);
        this.wake();
      });
      this.#sending.add(delivery);
    }
  }

  /** Never throws: whatever fails, the mail's lease ends and it is due again. */
  async #deliver(mail: ClaimedMail): Promise<void> {
    const { now, observe } = this.#options;
    const started = performance.now();
    const type = await this.#send(mail);
    observe?.({ type, kind: mail.kind, ms: performance.now() - started });
    try {
      if (type === 'deferred' || type === 'unreachable') await this.#postpone(mail, type, now());
      else await this.#remove(mail.id);
    } catch (error) {
      if (type === 'sent') this.#sent.add(mail.id);
      this.#logFailedStore(error);
    }
  }

  async #send(mail: ClaimedMail): Promise<MailEvent['type']> {
    const { transport, now } = this.#options;
    const about = { mail: mail.id, kind: mail.kind, attempts: mail.attempts + 1 };
    if (isExpired(mail, now())) {
      this.#options.log.warn({ event: 'mailExpired', ...about, attempts: mail.attempts });
      return 'expired';
    }
    try {
      await transport.send(renderMail(mail, this.#options));
    } catch (error) {
      const { failure, reason } = toDeliveryError(error);
      if (failure === 'unreachable') this.#noteOutage();
      this.#options.log.warn({ event: 'mailNotSent', ...about, failure, reason });
      return failure;
    }
    this.#outageFailures = 0;
    this.#outageUntilMs = 0;
    this.#options.log.info({ event: 'mailSent', ...about });
    return 'sent';
  }

  /** Of mails that fail together only the first counts. */
  #noteOutage(): void {
    const nowMs = this.#options.now();
    if (nowMs < this.#outageUntilMs) return;
    this.#outageUntilMs = nowMs + pauseOfOutage(this.#outageFailures);
    this.#outageFailures += 1;
  }

  async #postpone({ id, kind, attempts }: ClaimedMail, failure: DeliveryFailure, nowMs: number) {
    const pauseMs = pauseOfMail(kind, attempts);
    // An outage is no fault of the mail: its own pause must not outlast it by much.
    const untilMs = nowMs + (failure === 'unreachable' ? Math.min(pauseMs, MAX_OUTAGE_PAUSE_MS) : pauseMs);
    await this.#options.outbox.postpone(id, this.#closed ? nowMs : untilMs);
  }

  async #remove(id: string): Promise<void> {
    await this.#options.outbox.remove(id);
    this.#sent.delete(id);
  }

  /** Once an outage: the poll would repeat it every few seconds. */
  #logFailedStore(error: unknown): void {
    if (!this.#databaseIsAway) this.#options.log.error({ event: 'outboxUnavailable', err: error });
    this.#databaseIsAway = true;
  }
}

/** What is no delivery error is a fault of this program: the mail waits, and holds up no other. */
function toDeliveryError(error: unknown): MailDeliveryError {
  if (error instanceof MailDeliveryError) return error;
  return new MailDeliveryError('deferred', (error as Error).name);
}
