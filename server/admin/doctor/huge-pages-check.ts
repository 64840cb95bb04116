import { readFileSync } from 'node:fs';
import { type Finding, ok, warning } from './finding.js';

const CHECK = 'huge pages';
const MODES = '/sys/kernel/mm/transparent_hugepage/enabled';

/** The native engine requests huge pages. With small ones, each 64 MiB block costs 16,384 page faults. */
export function checkHugePages(file = MODES): Finding[] {
  const mode = readMode(file);
  if (!mode) return [];
  if (mode !== 'never') return [ok(CHECK, `available (${mode})`)];
  const advice = `enable them on request (as root: echo madvise > ${MODES})`;
  return [warning(CHECK, 'off: the native engine uses small pages', advice)];
}

function readMode(file: string): string | undefined {
  try {
    return /\[(\w+)\]/.exec(readFileSync(file, 'utf8'))?.[1];
  } catch {
    return undefined;
  }
}
