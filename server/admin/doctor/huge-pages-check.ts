import { readFileSync } from 'node:fs';
import { type Finding, ok, warning } from './finding.js';

const CHECK = 'huge pages';
const MODES = '/sys/kernel/mm/transparent_hugepage/enabled';

/**
 * Whether the kernel gives huge pages to the native stretching engine, which asks for them: with small pages each
 * 64 MiB block costs 16,384 page faults.
 * @param file where Linux shows the mode, in brackets; elsewhere nothing is reported
 */
export function checkHugePages(file = MODES): Finding[] {
  const mode = readMode(file);
  if (!mode) return [];
  if (mode !== 'never') return [ok(CHECK, `given on request (${mode})`)];
  const advice = `allow them where the engine asks (as root: echo madvise > ${MODES})`;
  return [warning(CHECK, 'off: the native engine stretches with small pages', advice)];
}

function readMode(file: string): string | undefined {
  try {
    return /\[(\w+)\]/.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
