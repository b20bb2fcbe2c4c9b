import type { EChartsOption } from 'echarts';
import { draw } from './chart.js';
import { escapeText, tableOf, type Table } from './markup.js';

/** A picture with its words and its numbers. */
export interface Figure {
  /** Unique on the page. */
  readonly id: string;
  readonly title: string;
  /** What is to be seen, and how to read it. */
  readonly caption: string;
  readonly size: 'half' | 'full';
  readonly height?: number;
  readonly option: EChartsOption;
  /** The same as a table. */
  readonly table: Table;
}

/** Widths in the picture's own units; at full size of the page they are pixels. */
export const widths = { half: 520, full: 1064 } as const;

export function figureMarkup({
  id,
  title,
  caption,
  size,
  height = 300,
  option,
  table,
}: Figure): string {
  const svg = draw({ id, title, description: caption, width: widths[size], height }, option);
  return `<figure class="${size}" id="${id}">
<figcaption><h3>${escapeText(title)}</h3><p>${escapeText(caption)}</p></figcaption>
${svg}
<details><summary>The numbers</summary>${tableOf(table)}</details>
</figure>`;
}
