import type { FlameGraph, Frame } from '../results.js';
import { formatNumber } from '../text-table.js';
import { escapeHtml } from './escape-html.js';

const WIDTH = 1120;
const ROW_HEIGHT = 18;
const CHARACTER_WIDTH = 6.1;
/** Frames narrower than this are not drawn. */
const LEAST_WIDTH = 1;
/** Below this many frames nothing is wide enough to read. */
const DEEPEST = 60;

const OWNERS: Frame['owner'][] = ['this server', 'dependencies', 'Node', 'V8 and system'];
const colourOf = (owner: Frame['owner']) => `var(--flame-${OWNERS.indexOf(owner) + 1})`;

/** Draws a call tree from the top down: a frame is as wide as its time, callees stand below their caller. */
export function drawFlameGraph({ root, valueLabel }: FlameGraph): string {
  const rects: string[] = [];
  let depth = 0;
  const place = (frame: Frame, x: number, row: number): void => {
    const width = (frame.value / root.value) * WIDTH;
    if (width < LEAST_WIDTH || row > DEEPEST) return;
    depth = Math.max(depth, row);
    rects.push(drawFrame(frame, x, row, width, describe(frame, root, valueLabel)));
    let childX = x;
    for (const child of frame.children) {
      place(child, childX, row + 1);
      childX += (child.value / root.value) * WIDTH;
    }
  };
  place(root, 0, 0);
  const height = (depth + 1) * ROW_HEIGHT;
  const legend = OWNERS.map(
    (owner) => `<span><i style="background:${colourOf(owner)}"></i>${escapeHtml(owner)}</span>`,
  );
  return `<div class="flame-legend">${legend.join('')}</div>
<div class="scroll"><svg class="flame" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}">${rects.join('')}</svg></div>`;
}

function drawFrame({ name, owner }: Frame, x: number, row: number, width: number, title: string): string {
  const fits = Math.floor((width - 6) / CHARACTER_WIDTH);
  const text = name.length <= fits ? name : fits > 4 ? `${name.slice(0, fits - 1)}…` : '';
  const y = row * ROW_HEIGHT;
  const label = text ? `<text x="${round(x + 3)}" y="${y + 12.5}">${escapeHtml(text)}</text>` : '';
  const box = `x="${round(x)}" y="${y}" width="${round(Math.max(width - 0.5, 0.5))}" height="${ROW_HEIGHT - 1}"`;
  return `<g><title>${escapeHtml(title)}</title><rect ${box} fill="${colourOf(owner)}"/>${label}</g>`;
}

function describe({ name, value }: Frame, root: Frame, unit: string): string {
  return `${name}\n${formatNumber(value, 4)} ${unit}, ${formatNumber((100 * value) / root.value, 1)} %`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
