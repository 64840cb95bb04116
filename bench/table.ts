import { escapeHtml } from '../server/http/html.js';

export interface Table {
  columns: Column[];
  rows: Cell[][];
}

export interface Column {
  heading: string;
  /** Number of decimal places. */
  digits: number;
}

/** Numbers are formatted by their column. `null` is an empty cell. */
export type Cell = string | number | null;

/** Builds a table. A column is its heading, the value of each row, and the number of decimal places (default 1). */
export function createTable<Row>(
  rows: readonly Row[],
  columns: [heading: string, value: (row: Row) => Cell, digits?: number][],
): Table {
  return {
    columns: columns.map(([heading, , digits = 1]) => ({ heading, digits })),
    rows: rows.map((row) => columns.map(([, value]) => value(row))),
  };
}

export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Formats the cells, and finds the columns that have only text. */
function layOut({ columns, rows }: Table) {
  const format = (cell: Cell, i: number) =>
    typeof cell === 'number' ? formatNumber(cell, columns[i]?.digits ?? 1) : (cell ?? '');
  const isText = columns.map((_, i) => rows.every((row) => typeof row[i] === 'string'));
  return { isText, head: columns.map(({ heading }) => heading), body: rows.map((row) => row.map(format)) };
}

/** Renders a table for a terminal: text left-aligned, numbers right-aligned. */
export function toText(table: Table): string {
  const { isText, head, body } = layOut(table);
  const widths = head.map((heading, i) =>
    Math.max(heading.length, ...body.map((row) => row[i]?.length ?? 0)),
  );
  const pad = (text: string, i: number) =>
    (isText[i] ? text.padEnd : text.padStart).call(text, widths[i] ?? 0);
  const rules = widths.map((width) => '─'.repeat(width));
  return [head, rules, ...body].map((row) => row.map(pad).join('  ').trimEnd()).join('\n');
}

export function toMarkdown(table: Table): string {
  const { isText, head, body } = layOut(table);
  const rules = isText.map((text) => (text ? '---' : '---:'));
  return [head, rules, ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function toHtml(table: Table): string {
  const { isText, head, body } = layOut(table);
  const renderRow = (tag: 'th' | 'td') => (cells: string[]) => {
    const cell = (text: string, i: number) =>
      `<${tag}${isText[i] ? ' class="text"' : ''}>${escapeHtml(text)}</${tag}>`;
    return `<tr>${cells.map(cell).join('')}</tr>`;
  };
  return `<table><thead>${renderRow('th')(head)}</thead><tbody>${body.map(renderRow('td')).join('')}</tbody></table>`;
}
