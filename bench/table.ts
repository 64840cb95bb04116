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

/** Returns the cells as text, the headings first. */
function formatCells({ columns, rows }: Table): string[][] {
  const format = (cell: Cell, i: number) =>
    typeof cell === 'number' ? formatNumber(cell, columns[i]?.digits ?? 1) : (cell ?? '');
  return [columns.map(({ heading }) => heading), ...rows.map((row) => row.map(format))];
}

/** Returns for each column whether it has only text. */
function findTextColumns({ columns, rows }: Table): boolean[] {
  return columns.map((_, i) => rows.every((row) => typeof row[i] === 'string'));
}

/** Renders a table for a terminal: text left-aligned, numbers right-aligned. */
export function toText(table: Table): string {
  const isText = findTextColumns(table);
  const cells = formatCells(table);
  const widths = table.columns.map((_, i) => Math.max(...cells.map((row) => (row[i] as string).length)));
  const pad = (text: string, i: number) =>
    (isText[i] ? text.padEnd : text.padStart).call(text, widths[i] ?? 0);
  const [head = '', ...lines] = cells.map((row) => row.map(pad).join('  ').trimEnd());
  return [head, widths.map((width) => '─'.repeat(width)).join('  '), ...lines].join('\n');
}

export function toMarkdown(table: Table): string {
  const rules = findTextColumns(table).map((isText) => (isText ? '---' : '---:'));
  const [head = [], ...rows] = formatCells(table);
  return [head, rules, ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function toHtml(table: Table): string {
  const isText = findTextColumns(table);
  const renderRow = (tag: 'th' | 'td') => (cells: string[]) => {
    const cell = (text: string, i: number) =>
      `<${tag}${isText[i] ? ' class="text"' : ''}>${escapeHtml(text)}</${tag}>`;
    return `<tr>${cells.map(cell).join('')}</tr>`;
  };
  const [head = [], ...rows] = formatCells(table);
  return `<table><thead>${renderRow('th')(head)}</thead><tbody>${rows.map(renderRow('td')).join('')}</tbody></table>`;
}
