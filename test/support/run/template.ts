import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type Config, loadConfig, stretchMemoryMiB } from '../../../config/load.js';
import { startKeyServer } from '../../../server/key-server.js';
import type { StretchPlan } from '../../../workers/messages.js';
import { SLOT_MIB } from '../../../workers/stretcher.js';
import { makePostgresTemplate } from '../services/postgres.js';

const FILES = ['key-server.sqlite', 'storage.key'];

/**
 * Creates data that all tests of a run copy: data folder, stretch plan of this machine, PostgreSQL cluster.
 * Environment variables tell test processes the paths.
 */
export async function makeTemplate(): Promise<{ env: Record<string, string>; remove(): Promise<void> }> {
  const directory = await mkdtemp(join(tmpdir(), 'key-server-template-'));
  const config = loadConfig({ PORT: '0', STRETCH_MEMORY: '256', DATA_DIR: directory });
  const server = await startKeyServer({ config, log: pino({ level: 'silent' }) });
  await server.services.stretcher.ready();
  const { engine, plan } = server.services.stretcher;
  await server.close();
  const postgres = await makePostgresTemplate();
  return {
    env: {
      TEST_DATA_TEMPLATE: directory,
      TEST_POSTGRES_TEMPLATE: postgres,
      ...(engine === 'wasm' && { TEST_STRETCH_PLAN: JSON.stringify(plan) }),
    },
    async remove() {
      for (const made of [directory, postgres]) await rm(made, { recursive: true, force: true });
    },
  };
}

/** Does nothing if the template does not fit the settings. */
export async function copyTemplate(config: Config): Promise<void> {
  const template = process.env.TEST_DATA_TEMPLATE;
  if (!template || config.databaseUrl || config.storageKey || config.signingAlgorithm !== 'RS') return;
  for (const file of FILES) await copyFile(join(template, file), join(config.dataDir, file));
}

/** Returns the plan of `wasm` that this run measured. */
export function readStretchPlan(config: Config): StretchPlan | undefined {
  const { TEST_STRETCH_PLAN } = process.env;
  if (!TEST_STRETCH_PLAN || !['native', 'wasm'].includes(config.stretchEngine)) return undefined;
  const plan: StretchPlan = JSON.parse(TEST_STRETCH_PLAN);
  const groupSize = Math.min(plan.groupSize, Math.floor(stretchMemoryMiB(config) / SLOT_MIB));
  return { ...plan, groupSize };
}
