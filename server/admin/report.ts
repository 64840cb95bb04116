/** What a command found or did, for people and for programs. */
export interface Report {
  /** Lines for a terminal. */
  text: string;
  /** The same as one JSON value; members are named as in the text. */
  json: unknown;
  /** Whether something is broken: the exit code is then 1. */
  broken?: boolean;
}

/** Times as people and programs read them: ISO 8601, or null for what did not happen. */
export function toIso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}

/** Lines of `name  value`, the values below each other. */
export function alignFields(fields: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

/** A table with a heading, columns as wide as they need to be. */
export function alignColumns(heading: string[], rows: string[][]): string {
  const widths = heading.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]?.length ?? 0)));
  return [heading, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] as number))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Text of clients (names of devices, addresses) without characters that move the cursor of a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}
