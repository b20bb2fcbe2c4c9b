import { useCallback } from 'react';
import type { EChartsOption } from 'echarts';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { moment, number } from '../shell/format.js';
import { type Evidence, isOpen, type Trial } from './asked.js';

/** When it was looked at, and what was found. */
interface Look {
  readonly at: number;
  readonly evidence: Evidence;
}

/** Looks of the trial that are kept: those that decided, and the last one. */
export function looksOf({ begun_at, history, looked_at, evidence, ...rest }: Trial): Look[] {
  const begun = new Date(begun_at).getTime();
  const kept = history.flatMap(({ at, evidence }) => {
    const time = new Date(at).getTime();
    return evidence === null || time < begun ? [] : [{ at: time, evidence }];
  });
  if (evidence === null || looked_at === null || !isOpen(rest as Trial)) return kept;
  return [...kept, { at: new Date(looked_at).getTime(), evidence }];
}

/** What a log scale can show. */
const LEAST = 1e-3;

/** Evidence over time, each test's as a share of its bound, so that all have the same bound. */
export function EvidenceChart({ trial }: { readonly trial: Trial }) {
  const looks = looksOf(trial);
  const key = JSON.stringify(looks);
  const option = useCallback((palette: Palette) => optionOf(JSON.parse(key), palette), [key]);
  if (looks.length < 2) return null;
  const last = looks.at(-1)!.evidence.tests;
  const label = `Evidence over time as a share of its bound, over ${looks.length} looks; the last: ${last
    .map(({ name, e_value, bound }) => `${name} ${number(e_value / bound, 2)}`)
    .join(', ')}`;
  return (
    <div>
      <h3>Evidence over time</h3>
      <p className="soft">As a share of its bound: at 1 the canary is taken off.</p>
      <Chart label={label} option={option} height={280} />
    </div>
  );
}

function optionOf(looks: readonly Look[], palette: Palette): EChartsOption {
  const names = looks.at(-1)!.evidence.tests.map(({ name }) => name);
  const share = ({ evidence }: Look, name: string) => {
    const test = evidence.tests.find((test) => test.name === name);
    return test === undefined ? null : Math.max(LEAST, test.e_value / test.bound);
  };
  return {
    // Five names take two lines on a phone.
    grid: { left: 8, right: 16, top: 64, bottom: 8, containLabel: true },
    tooltip: { valueFormatter: (value) => number(value as number, 3) },
    xAxis: {
      ...axisLooks(palette),
      type: 'time',
      axisPointer: { label: { formatter: ({ value }) => moment(value as number) } },
    },
    yAxis: { ...axisLooks(palette), type: 'log', min: LEAST, max: ({ max }) => Math.max(10, max) },
    series: names.map((name, i) => ({
      name,
      type: 'line',
      symbol: ['circle', 'rect', 'triangle', 'diamond', 'pin'][i % 5]!,
      symbolSize: 7,
      data: looks.map((look) => [look.at, share(look, name)]),
      ...(i === 0 && {
        markLine: {
          silent: true,
          symbol: 'none',
          lineStyle: { color: palette.bad },
          label: { formatter: 'bound', color: palette.bad, position: 'insideEndTop' },
          data: [{ yAxis: 1 }],
        },
      }),
    })),
  };
}
