import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { Teardown } from '../services/service-process.js';

export interface ComposeService {
  image: string;
  environment?: Record<string, string>;
  secrets?: string[];
  volumes?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  build?: { dockerfile: string };
}

export interface Compose {
  services: Record<string, ComposeService>;
  secrets: Record<string, { file: string }>;
}

export function readCompose(): Compose {
  return parse(readFileSync('compose.yaml', 'utf8'), { merge: true });
}

/** Runs deploy/make-secrets.sh on a copy. */
export function makeSecrets(t: Teardown): { directory: string; secrets: Record<string, string> } {
  const copy = mkdtempSync(join(tmpdir(), 'deploy-'));
  t.teardown(() => rmSync(copy, { recursive: true }));
  cpSync('deploy/make-secrets.sh', join(copy, 'make-secrets.sh'));
  execFileSync('sh', [join(copy, 'make-secrets.sh')]);
  const directory = join(copy, 'secrets');
  const read = (name: string) => [name, readFileSync(join(directory, name), 'utf8')];
  return { directory, secrets: Object.fromEntries(readdirSync(directory).map(read)) };
}
