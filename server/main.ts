import { findUnknownVariables } from '../config/environment.js';
import { type Config, hidesClients, loadConfig } from '../config/load.js';
import { findNativeProblem, NATIVE_ADVICE } from '../workers/kernel/load-native.js';
import { startKeyServer } from './key-server.js';
import { createLogger } from './logs/log.js';
import { describeStartFailure } from './start-failure.js';

/** Milliseconds. */
const STOP_DEADLINE_MS = 30_000;

let config: Config | undefined;

async function main(): Promise<void> {
  const { env } = process;
  config = loadConfig(env);
  const log = createLogger(config.logLevel);
  for (const unknown of findUnknownVariables(env)) log.warn({ event: 'settingUnknown', ...unknown });
  const server = await startKeyServer({ config, log, warmUp: true });
  const { publicUrl } = server.services.config;
  const stretchEngine = server.services.stretcher.engine;
  if (hidesClients(config)) {
    const advice =
      'set TRUST_PROXY to the address of the proxy; otherwise all clients share the limits of one source';
    log.warn({ event: 'proxyNotTrusted', publicUrl, advice });
  }
  log.info({ event: 'listening', url: server.url, metricsUrl: server.metricsUrl, publicUrl, stretchEngine });
  log.flush();
  if (stretchEngine !== config.stretchEngine) {
    log.warn({
      event: 'stretchEngineMissing',
      asked: config.stretchEngine,
      used: stretchEngine,
      ...(config.stretchEngine === 'native' && { reason: findNativeProblem(), advice: NATIVE_ADVICE }),
    });
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, async () => {
      log.info({ event: 'stopping', signal });
      setTimeout(() => {
        log.error({ event: 'stoppedLate' });
        process.exit(1);
      }, STOP_DEADLINE_MS).unref();
      await server.close();
      log.info({ event: 'stopped' });
      process.exit(0);
    });
  }
}

main().catch((error) => {
  const failure = describeStartFailure(error, config);
  if (failure) process.stderr.write(`${failure}\n`);
  else createLogger('fatal').fatal({ event: 'notStarted', err: error });
  process.exit(1);
});
