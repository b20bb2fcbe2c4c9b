/*
 * ECharts draws on the server, to SVG text. Colours are the page's: options name them by tokens,
 * colours that nothing else uses, which become CSS variables in the text. So one picture reads in
 * light, dark and print, and no script is needed to look at it.
 */
import { createRequire } from 'node:module';
import type * as ECharts from 'echarts';
import type { EChartsOption } from 'echarts';
import { escapeText, tableOf, type Table } from './markup.js';

// Its one bundled file: as ES modules it is 700, which take most of a second to read.
const { init } = createRequire(import.meta.url)('echarts') as typeof ECharts;

/** Colours by meaning. */
export const tokens = {
  ink: '#010203',
  soft: '#020304',
  line: '#030405',
  paper: '#040506',
  accent: '#050607',
  contrast: '#060708',
} as const;

/** A drawn figure, and what it says to those who do not see it. */
export interface Drawing {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly width: number;
  readonly height: number;
}

/** Draws to SVG that scales with its column. */
export function draw(
  { id, title, description, width, height }: Drawing,
  option: EChartsOption,
): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, textStyle: { fontFamily: 'inherit' }, ...option });
    return finish(chart.renderToSVGString(), id, title, description);
  } finally {
    // Its timers would keep the process alive.
    chart.dispose();
  }
}

function finish(svg: string, id: string, title: string, description: string): string {
  const opening = `<svg role="img" aria-labelledby="${id}-title ${id}-description" `;
  const words = `<title id="${id}-title">${escapeText(title)}</title><desc id="${id}-description">${escapeText(description)}</desc>`;
  let text = svg
    .replace(/<style\s*>.*?<\/style>/s, '')
    .replace(/<svg [^>]*?(viewBox="[^"]*")[^>]*>/, (_, box: string) => `${opening}${box}>${words}`)
    // Ids are unique in a document of one chart only.
    .replaceAll(/zr\d+-c(\d+)/g, `${id}-clip$1`)
    .replaceAll(/ (class|pointer-events|ecmeta_\w+)="[^"]*"/g, '');
  for (const [name, colour] of Object.entries(tokens)) {
    text = text.replaceAll(colour, `var(--${name})`);
  }
  return text;
}

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
