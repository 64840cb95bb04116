import { existsSync, readFileSync } from 'node:fs';
import { BlockList, isIPv6 } from 'node:net';
import { type Config, hidesClients } from '../../../config/load.js';
import { findNativeProblem, loadNative, NATIVE_ADVICE } from '../../../workers/kernel/load-native.js';
import { resolveStretchEngine } from '../../../workers/stretch-engine.js';
import { broken, type Finding, ok, warning } from './finding.js';
import { checkHugePages } from './huge-pages-check.js';

/** Files besides connections: databases, mail, the process's own. */
const OTHER_FILES = 200;

/** Whether settings that are right one by one are right together. */
export function checkSettings(config: Config): Finding[] {
  const hugePages = config.stretchEngine === 'native' ? checkHugePages() : [];
  const found = [
    ...checkAddresses(config),
    ...checkStoreSettings(config),
    ...checkMailSettings(config),
    ...checkConnections(config),
  ];
  return [ok('settings', 'every setting keeps its rule'), ...found, checkEngine(config), ...hugePages];
}

function checkAddresses(config: Config): Finding[] {
  const { publicUrl, host, metricsPort, enumerationGuard, rateLimits } = config;
  const found: Finding[] = [];
  const open = !isLoopback(host);
  if (open && !publicUrl) {
    found.push(
      warning(
        'PUBLIC_URL',
        'unset, while HOST is not loopback',
        'set it to the URL clients use: their signatures are over its host and port',
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
        'name the proxy that speaks TLS: without it all clients are one address to the limits',
      ),
    );
  }
  if (enumerationGuard && !metricsPort) {
    found.push(warning('METRICS_PORT', 'unset: with ENUMERATION_GUARD there is no /metrics', 'set it'));
  } else if (open && !metricsPort) {
    found.push(
      warning('METRICS_PORT', 'unset: /metrics is for everyone', 'set it, or have the proxy refuse /metrics'),
    );
  }
  if (rateLimits !== 'on') {
    found.push(warning('RATE_LIMITS', `${rateLimits}`, 'set it to on: passwords can be guessed at any rate'));
  }
  return found;
}

function checkStoreSettings({ databaseUrl, redisUrl }: Config): Finding[] {
  if (!databaseUrl || redisUrl) return [];
  const advice = 'set it as soon as there is a second server: tokens of one are unknown to another';
  return [warning('REDIS_URL', 'unset, while DATABASE_URL is set', advice)];
}

function checkMailSettings({ smtpUrl, mailFrom }: Config): Finding[] {
  if (!smtpUrl)
    return [warning('SMTP_URL', 'unset: mails are files in DATA_DIR/mail', 'set it to send them')];
  if (!/@localhost>?$/.test(mailFrom)) return [];
  return [warning('MAIL_FROM', 'at localhost', 'set it to an address that mail servers will believe')];
}

function checkConnections({ maxConnections }: Config): Finding[] {
  const limit = readOpenFilesLimit();
  if (limit === undefined || limit >= maxConnections + OTHER_FILES) return [];
  return [
    warning(
      'MAX_CONNECTIONS',
      `${maxConnections}, and a process started here may open ${limit} files`,
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
      `${stretchEngine} cannot run here${problem ? ` (${problem})` : ''}`,
      `${runs} runs, and takes 1.5 to 3 times as much CPU: ${problem ? NATIVE_ADVICE : 'use another Node'}`,
    );
  } catch (error) {
    return broken(check, `${stretchEngine} cannot run here`, (error as Error).message);
  }
}

/** Of a process that this one starts; Node raises the soft limit to the hard one. */
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
