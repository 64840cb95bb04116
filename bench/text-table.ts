import type { Cell, Column, Table } from './results.js';

/** A cell as it is shown. */
export function formatCell(cell: Cell | undefined, column: Column): string {
  if (cell === null || cell === undefined) return '';
  return typeof cell === 'number' ? formatNumber(cell, column.digits ?? 1) : cell;
}

/** A number with so many digits after the point, thousands apart. */
export function formatNumber(value: number, digits: number): string {
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A table as lines of text: the first column to the left, the others to the right. */
export function formatTable({ columns, rows }: Table): string {
  const cells = [
    columns.map(({ heading }) => heading),
    ...rows.map((row) => columns.map((column, i) => formatCell(row[i], column))),
  ];
  const widths = columns.map((_, i) => Math.max(...cells.map((row) => (row[i] as string).length)));
  const lines = cells.map((row) =>
    row
      .map((text, i) => (i === 0 ? text.padEnd(widths[i] as number) : text.padStart(widths[i] as number)))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(width)).join('  '));
  return lines.join('\n');
}
