import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { findProgram, ServiceProcess, type Teardown } from '../services/service-process.js';
import { readCodeBlock } from './code-block.js';

export const HOST = 'accounts.example.org';

export interface Nginx extends ServiceProcess {
  /** Connects to loopback and trusts the certificate. */
  fetchFrom(from: string): typeof fetch;
}

/** Starts nginx as in docs/operators/nginx.md, with other ports and certificate paths. */
export async function startNginx(t: Teardown, upstreamPort: number, port: number): Promise<Nginx> {
  const program = findProgram('nginx', 'nginx-light', ['/usr/sbin']);
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const certificate = await makeCertificate(folder);
  const documented = readCodeBlock('docs/operators/nginx.md', 'nginx.conf');
  const replacements: [string, string][] = [
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['server 127.0.0.1:9000', `server 127.0.0.1:${upstreamPort}`],
    [`/etc/nginx/tls/${HOST}.pem`, join(folder, 'tls.pem')],
    [`/etc/nginx/tls/${HOST}.key`, join(folder, 'tls.key')],
  ];
  const configuration = replacements.reduce((text, [from, to]) => {
    if (!text.includes(from)) throw new Error(`the document’s configuration has no "${from}"`);
    return text.replace(from, to);
  }, documented);
  const file = join(folder, 'nginx.conf');
  await writeFile(file, MAIN_CONFIG(folder, configuration));
  const nginx = new ServiceProcess({
    command: [program, '-p', folder, '-c', file, '-e', 'stderr'],
    ready: /start worker process \d+/,
    stopSignal: 'SIGTERM',
  });
  t.teardown(async () => {
    await nginx.stop();
    await rm(folder, { recursive: true, force: true });
  });
  await nginx.start();
  const fetchFrom = (from: string) => createFetch(certificate, from);
  return Object.assign(nginx, { fetchFrom });
}

/** The nginx.conf of a distribution, which includes the site. */
const MAIN_CONFIG = (folder: string, site: string) => `
daemon off;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${folder}/nginx.pid;
error_log stderr notice;
events {}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  scgi_temp_path ${folder}/scgi;
  uwsgi_temp_path ${folder}/uwsgi;
  ${site}
}
`;

async function makeCertificate(folder: string): Promise<Buffer> {
  const [key, pem] = [join(folder, 'tls.key'), join(folder, 'tls.pem')];
  const subject = ['-subj', `/CN=${HOST}`, '-addext', `subjectAltName=DNS:${HOST}`, '-days', '1'];
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await promisify(execFile)('openssl', ['req', ...kind, ...subject, '-keyout', key, '-out', pem]);
  return readFile(pem);
}

function createFetch(ca: Buffer, localAddress: string): typeof fetch {
  // The types of `lookup` require its other overloads.
  const agent = new Agent({ ca, localAddress, lookup: findOnLoopback as never, keepAlive: false });
  return (input, { method = 'GET', headers, body, signal } = {}) =>
    new Promise((resolve, reject) => {
      const options = {
        method,
        agent,
        headers: headers as Record<string, string>,
        signal: signal ?? undefined,
      };
      const request = httpsRequest(String(input), options, (response) => {
        const { statusCode: status = 0, headers } = response;
        const stream = Readable.toWeb(response) as ReadableStream<Uint8Array>;
        resolve(new Response(stream, { status, headers: headers as Record<string, string> }));
      });
      request.once('error', reject);
      // With a whole string, Node sets Content-Length.
      request.end(body ?? undefined);
    });
}

function findOnLoopback(
  _host: string,
  options: { all?: boolean },
  callback: (error: null, address: unknown, family?: number) => void,
): void {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
}
