import type { Logger } from 'pino';
import type { ClaimedMail, Outbox } from '../../storage/outbox.js';
import { type DeliveryFailure, MailDeliveryError } from './delivery-error.js';
import { isExpired, MAX_OUTAGE_PAUSE_MS, pauseOfMail, pauseOfOutage } from './delivery-schedule.js';
import { renderMail } from './render-mail.js';
import type { MailTransport } from './transport.js';

export interface MailEvent {
  type: 'sent' | 'expired' | DeliveryFailure;
  kind: ClaimedMail['kind'];
  ms: number;
}

export interface MailerOptions {
  outbox: Outbox;
  /** The mailer closes it. */
  transport: MailTransport;
  from: string;
  publicUrl: string;
  now: () => number;
  log: Logger;
  observe?: (event: MailEvent) => void;
}

const MAX_SENDING = 4;
/** Longer than the timeout of a delivery. */
const LEASE_MS = 2 * 60_000;
/** For mails whose pause or lease has ended. */
const POLL_MS = 5_000;
/** For open deliveries when the server stops. */
const CLOSING_GRACE_MS = 5_000;

/**
 * Sends the mails of the outbox, with retries. Requests never wait for it. Delivery is at least once: a server that
 * dies before removing a mail sends it twice. During an outage of the mail server, one mail at a time probes it.
 */
export class Mailer {
  readonly #options: MailerOptions;
  readonly #sending = new Set<Promise<void>>();
  /** Sent mails that are still in the outbox because the database failed. They must not be sent again. */
  readonly #sent = new Set<string>();
  #pump: Promise<void> | undefined;
  #pumpAgain = false;
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  #outageFailures = 0;
  #outageUntilMs = 0;
  #isDatabaseDown = false;

  constructor(options: MailerOptions) {
    this.#options = options;
  }

  get isReachable(): boolean {
    return this.#outageFailures === 0;
  }

  start(): void {
    this.#timer = setInterval(() => this.wake(), POLL_MS);
    this.#timer.unref();
    this.wake();
  }

  /** Call it after a mail was committed to the outbox. */
  wake(): void {
    if (this.#closed) return;
    this.#pumpAgain = true;
    this.#pump ??= this.#runPump();
  }

  /** Waits until no delivery is open and no mail is due. */
  async waitUntilIdle(): Promise<void> {
    while (this.#pump || this.#sending.size > 0) await Promise.all([this.#pump, ...this.#sending]);
  }

  /** Stops within seconds. Unfinished mails stay in the outbox. */
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
      // Claim again, because a mail committed during the last claim may not be in it.
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
    this.#isDatabaseDown = false;
    for (const mail of mails) {
      const delivery = this.#deliver(mail).finally(() => {
        this.#sending.delete(delivery);
        this.wake();
      });
      this.#sending.add(delivery);
    }
  }

  /** Never throws. After any failure the lease ends and the mail is due again. */
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

  /** Counts one failure for mails that fail together. */
  #noteOutage(): void {
    const nowMs = this.#options.now();
    if (nowMs < this.#outageUntilMs) return;
    this.#outageUntilMs = nowMs + pauseOfOutage(this.#outageFailures);
    this.#outageFailures += 1;
  }

  async #postpone({ id, kind, attempts }: ClaimedMail, failure: DeliveryFailure, nowMs: number) {
    const pauseMs = pauseOfMail(kind, attempts);
    // The mail did not cause the outage, so its pause must not exceed the outage by much.
    const untilMs = nowMs + (failure === 'unreachable' ? Math.min(pauseMs, MAX_OUTAGE_PAUSE_MS) : pauseMs);
    await this.#options.outbox.postpone(id, this.#closed ? nowMs : untilMs);
  }

  async #remove(id: string): Promise<void> {
    await this.#options.outbox.remove(id);
    this.#sent.delete(id);
  }

  /** Logs only the first failure of an outage, because every poll repeats it. */
  #logFailedStore(error: unknown): void {
    if (!this.#isDatabaseDown) this.#options.log.error({ event: 'outboxUnavailable', err: error });
    this.#isDatabaseDown = true;
  }
}

/** Converts other errors, which are bugs, to `deferred`: they must not block other mails. */
function toDeliveryError(error: unknown): MailDeliveryError {
  if (error instanceof MailDeliveryError) return error;
  return new MailDeliveryError('deferred', (error as Error).name);
}
