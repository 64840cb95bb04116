import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { type ParsedMail, simpleParser } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface ReceivedMail {
  recipients: string[];
  raw: string;
  parsed: ParsedMail;
}

export class Refusal extends Error {
  constructor(
    readonly responseCode: number,
    message: string,
  ) {
    super(message);
  }
}

interface MailServerOptions {
  port?: number;
  onRecipient?: (address: string) => void;
  /** Rejects a mail with a {@link Refusal}. */
  onMail?: (mail: ReceivedMail) => Promise<void> | void;
  smtp?: SMTPServerOptions;
}

export async function startMailServer(
  t: { teardown(end: () => unknown): void },
  { port = 0, onRecipient, onMail, smtp }: MailServerOptions = {},
) {
  const received: ReceivedMail[] = [];
  const recipientCommands: string[] = [];
  const ignore = () => {};
  let connections = 0;
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    closeTimeout: 100,
    logger: {
      level: ignore,
      trace: ignore,
      debug(_about: unknown, direction: string, line: string) {
        if (direction === 'C:' && /^RCPT /i.test(line)) recipientCommands.push(line);
      },
      // The server uses only these of the logger's methods.
      info: ignore,
      warn: ignore,
      error: ignore,
      fatal: ignore,
    } as never,
    onConnect(_session, done) {
      connections += 1;
      done();
    },
    onRcptTo({ address }, _session, done) {
      answer(done, () => onRecipient?.(address));
    },
    onData(stream, session, done) {
      answer(done, async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of stream) chunks.push(chunk as Buffer);
        const raw = Buffer.concat(chunks);
        const recipients = session.envelope.rcptTo.map(({ address }) => address);
        const mail = { recipients, raw: raw.toString(), parsed: await simpleParser(raw) };
        await onMail?.(mail);
        received.push(mail);
      });
    },
    ...smtp,
  });
  // Tests that break connections cause errors here.
  server.on('error', () => {});
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const bound = (server.server.address() as AddressInfo).port;
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  t.teardown(stop);
  return {
    url: `smtp://127.0.0.1:${bound}`,
    port: bound,
    received,
    recipientCommands,
    countConnections: () => connections,
    stop,
  };
}

export async function findClosedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function answer(done: (error?: Error | null) => void, work: () => unknown): Promise<void> {
  try {
    await work();
    done();
  } catch (error) {
    done(error as Error);
  }
}
