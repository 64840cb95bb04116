import { existsSync, readFileSync } from 'node:fs';
import { BlockList, isIPv6 } from 'node:net';
import { type Config, hidesClients } from '../../../config/load.js';
import { findNativeProblem, loadNative, NATIVE_ADVICE } from '../../../workers/kernel/load-native.js';
import { resolveStretchEngine } from '../../../workers/stretch-engine.js';
import { broken, type Finding, ok, warning } from './finding.js';
import { checkHugePages } from './huge-pages-check.js';

/** Open files other than connections: databases, mail, the process itself. */
const OTHER_FILES = 200;

export function checkSettings(config: Config): Finding[] {
  const hugePages = config.stretchEngine === 'native' && !findNativeProblem() ? checkHugePages() : [];
  const found = [
    ...checkAddresses(config),
    ...checkStoreSettings(config),
    ...checkMailSettings(config),
    ...checkConnections(config),
  ];
  return [ok('settings', 'every setting is valid'), ...found, checkEngine(config), ...hugePages];
}

function checkAddresses(config: Config): Finding[] {
  const { publicUrl, host, metricsPort, enumerationGuard, rateLimits } = config;
  const found: Finding[] = [];
  const open = !isLoopback(host);
  if (open && !publicUrl) {
    found.push(
      warning(
        'PUBLIC_URL',
        'unset, but HOST is not loopback',
        'set it to the URL that clients use: signatures cover its host and port',
      ),
    );
  }
  if (publicUrl.startsWith('http:') && !isLoopback(new URL(publicUrl).hostname)) {
    found.push(warning('PUBLIC_URL', 'http', 'clients must reach the server over https'));
  }
  if (hidesClients(config)) {
    found.push(
      warning(
        'TRUST_PROXY',
        'unset behind https',
        'set it to the proxy that terminates TLS; otherwise all clients share the limits of one source',
      ),
    );
  }
  if (enumerationGuard && !metricsPort) {
    found.push(warning('METRICS_PORT', 'unset: with ENUMERATION_GUARD there is no /metrics', 'set it'));
  } else if (open && !metricsPort) {
    found.push(
      warning('METRICS_PORT', 'unset: /metrics is public', 'set it, or refuse /metrics in the proxy'),
    );
  }
  if (rateLimits !== 'on') {
    found.push(warning('RATE_LIMITS', `${rateLimits}`, 'set it to on: password guesses are not limited'));
  }
  return found;
}

function checkStoreSettings({ databaseUrl, redisUrl }: Config): Finding[] {
  if (!databaseUrl || redisUrl) return [];
  const advice = 'set it before you add a second server: servers do not share tokens without it';
  return [warning('REDIS_URL', 'unset, but DATABASE_URL is set', advice)];
}

function checkMailSettings({ smtpUrl, mailFrom }: Config): Finding[] {
  if (!smtpUrl)
    return [warning('SMTP_URL', 'unset: mails are written to DATA_DIR/mail', 'set it to send mails')];
  if (!/@localhost>?$/.test(mailFrom)) return [];
  return [warning('MAIL_FROM', 'at localhost', 'set it to an address of your domain')];
}

function checkConnections({ maxConnections }: Config): Finding[] {
  const limit = readOpenFilesLimit();
  if (limit === undefined || limit >= maxConnections + OTHER_FILES) return [];
  return [
    warning(
      'MAX_CONNECTIONS',
      `${maxConnections}, but a process started here can open ${limit} files`,
      'raise the limit (LimitNOFILE with systemd, ulimit -n), or lower MAX_CONNECTIONS',
    ),
  ];
}

function checkEngine({ stretchEngine }: Config): Finding {
  const check = 'STRETCH_ENGINE';
  try {
    const runs = resolveStretchEngine(stretchEngine);
    if (runs === stretchEngine)
      return ok(check, runs === 'native' ? `native runs here (${loadNative().isa})` : `${runs} runs here`);
    const problem = stretchEngine === 'native' && findNativeProblem();
    return warning(
      check,
      `${stretchEngine} is not available here${problem ? ` (${problem})` : ''}`,
      `${runs} is used, which takes 1.5 to 3 times as much CPU: ${problem ? NATIVE_ADVICE : 'use another Node'}`,
    );
  } catch (error) {
    return broken(check, `${stretchEngine} cannot run here`, (error as Error).message);
  }
}

/** Returns the limit for a new process: the hard limit, because Node raises the soft limit to it. */
function readOpenFilesLimit(): number | undefined {
  if (!existsSync('/proc/self/limits')) return undefined;
  const [, hard] = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
  return hard && hard !== 'unlimited' ? Number(hard) : undefined;
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8);
loopback.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const address = host.replace(/^\[|\]$/g, '');
  return address === 'localhost' || loopback.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}
