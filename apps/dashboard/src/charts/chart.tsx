import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { EChartsType } from 'echarts/core';
import type { EChartsOption } from 'echarts';
import { useTheme } from '../shell/theme.js';

/** Colours of the page's tokens, for options that name a colour. */
export interface Palette {
  readonly series: readonly string[];
  readonly text: string;
  readonly textSoft: string;
  readonly line: string;
  readonly panel: string;
  readonly accent: string;
  readonly good: string;
  readonly warn: string;
  readonly bad: string;
}

function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string) => style.getPropertyValue(`--${name}`).trim();
  return {
    series: [1, 2, 3, 4, 5, 6].map((i) => of(`series-${i}`)),
    ...{ text: of('text'), textSoft: of('text-soft'), line: of('line'), panel: of('panel') },
    ...{ accent: of('accent'), good: of('good'), warn: of('warn'), bad: of('bad') },
  };
}

/** What every chart begins with. Texts of tooltips are drawn, not markup: data never becomes HTML. */
function base({ series, text, textSoft, line, panel }: Palette): EChartsOption {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  return {
    color: [...series],
    animation: !still,
    animationDuration: 200,
    animationDurationUpdate: 0,
    textStyle: { color: text, fontFamily: 'system-ui, sans-serif' },
    grid: { left: 8, right: 16, top: 32, bottom: 8, containLabel: true },
    legend: { top: 0, textStyle: { color: text } },
    tooltip: {
      trigger: 'axis',
      renderMode: 'richText',
      confine: true,
      backgroundColor: panel,
      borderColor: line,
      textStyle: { color: text },
    },
    axisPointer: { lineStyle: { color: textSoft } },
  };
}

/** The looks of an axis, to be spread into its options. */
export function axisLooks({ textSoft, line }: Palette) {
  return {
    axisLine: { lineStyle: { color: textSoft } },
    axisLabel: { color: textSoft, hideOverlap: true },
    nameTextStyle: { color: textSoft },
    splitLine: { lineStyle: { color: line } },
  };
}

/** Milliseconds until what draws is asked for again. */
const MISSING_MS = 3000;

/**
 * A chart as a picture with a sentence for those who do not see it. What changes is drawn over what was,
 * without a new chart, so that one can follow a slider.
 * @param label what it shows, in a sentence with its figures
 * @param option the ECharts option, made of the page's colours
 */
export function Chart({
  label,
  option,
  height = 260,
  onClick,
  children,
}: {
  readonly label: string;
  readonly option: (palette: Palette) => EChartsOption;
  /** Pixels. */
  readonly height?: number;
  /** Called with the parameters of the point that was pressed. */
  readonly onClick?: (params: { dataIndex: number; seriesIndex?: number; value: unknown }) => void;
  /** Shown below, such as the figures as a table. */
  readonly children?: ReactNode;
}) {
  const place = useRef<HTMLDivElement>(null);
  const press = useRef(onClick);
  press.current = onClick;
  const [chart, setChart] = useState<EChartsType>();
  const theme = useTheme();
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    let made: EChartsType | undefined;
    let isGone = false;
    let again: ReturnType<typeof setTimeout>;
    const sizes = new ResizeObserver(() => made?.resize());
    const make = async () => {
      try {
        const { init } = await import('./echarts.js');
        if (isGone || place.current === null) return;
        made = init(place.current, null, { renderer: 'canvas' });
        made.on('click', (params) => press.current?.(params as never));
        sizes.observe(place.current);
        setChart(made);
        setMissing(false);
      } catch {
        // The service is away, and so is what draws: the figures are in the label until it is back.
        if (isGone) return;
        setMissing(true);
        again = setTimeout(() => void make(), MISSING_MS);
      }
    };
    void make();
    return () => {
      isGone = true;
      clearTimeout(again);
      sizes.disconnect();
      made?.dispose();
    };
  }, []);
  useEffect(() => {
    if (chart === undefined || chart.isDisposed()) return;
    const colours = palette();
    const wanted = option(colours);
    const merged = { ...base(colours), ...wanted };
    if (wanted.tooltip) merged.tooltip = { ...base(colours).tooltip, ...wanted.tooltip };
    chart.setOption(merged as EChartsOption, { replaceMerge: ['series', 'xAxis', 'yAxis'] });
  }, [chart, option, theme]);
  return (
    <figure className="chart-figure">
      <div role="img" aria-label={label}>
        <div ref={place} className="chart" style={{ height }} aria-hidden="true" />
      </div>
      {isMissing && <p className="soft">{`The chart cannot be drawn yet. ${label}`}</p>}
      {children}
    </figure>
  );
}
