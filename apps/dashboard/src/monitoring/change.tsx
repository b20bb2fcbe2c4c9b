/* Why the CTR of the last week differs from that of the week before: mix and rate, which add up exactly. */
import { useMemo } from 'react';
import type { CustomSeriesRenderItem, EChartsOption } from 'echarts';
import type { Schemas } from '../api/client.js';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { Select } from '../shell/controls.js';
import { count, number, percent } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { labelWidth } from './interval-chart.js';

type Split = Schemas['ChangeAnswer'];

/** Percentage points with a sign. */
const points = (value: number): string =>
  `${value < 0 ? '−' : '+'}${number(Math.abs(value) * 100, 3)} pp`;

export function Change({
  change,
  split,
  onSplit,
}: {
  readonly change: Schemas['PeriodChangeAnswer'] | null;
  readonly split: string | undefined;
  readonly onSplit: (feature: string) => void;
}) {
  return (
    <section className="panel stack" aria-labelledby="change">
      <h2 id="change">Why the last week differs</h2>
      {change === null ? (
        <p className="soft">
          There is no week before the last one in these days: choose two weeks or more.
        </p>
      ) : (
        <Weeks change={change} split={split} onSplit={onSplit} />
      )}
    </section>
  );
}

function Weeks({
  change,
  split,
  onSplit,
}: {
  readonly change: Schemas['PeriodChangeAnswer'];
  readonly split: string | undefined;
  readonly onSplit: (feature: string) => void;
}) {
  const { before, after, words, by } = change;
  const features = Object.keys(by);
  const chosen = split !== undefined && split in by ? split : mostTelling(by);
  return (
    <>
      <p>
        {before.join(' to ')} against {after.join(' to ')}.
      </p>
      <ul className="findings">
        {words.map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      <div className="toolbar">
        <Select
          label="Split by"
          choices={features.map((id) => ({ id, name: id }))}
          value={chosen}
          onChange={onSplit}
        />
      </div>
      <Waterfall split={by[chosen]} feature={chosen} />
      <Parts split={by[chosen]} feature={chosen} />
    </>
  );
}

/** The feature whose values differ most in what they did. */
function mostTelling(by: Readonly<Record<string, Split>>): string {
  const spread = ({ parts }: Split): number =>
    Math.max(...parts.map(({ mix, rate }) => mix + rate)) -
    Math.min(...parts.map(({ mix, rate }) => mix + rate));
  return Object.keys(by).sort((a, b) => spread(by[b]) - spread(by[a]))[0];
}

interface Step {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly isTotal: boolean;
}

/** Most values that have steps of their own. */
const MOST_STEPS = 8;

/** From the week before to the last one, a step for the mix and one for the rate of each value. */
export function stepsOf({ ctr_before, ctr_after, parts }: Split): Step[] {
  const own = parts.slice(0, MOST_STEPS);
  const others = parts.slice(MOST_STEPS);
  const sum = (of: 'mix' | 'rate') => others.reduce((all, part) => all + part[of], 0);
  const effects = [
    ...own.flatMap(({ value, mix, rate }) => [
      { name: `${value}: mix`, effect: mix },
      { name: `${value}: rate`, effect: rate },
    ]),
    ...(others.length === 0
      ? []
      : [
          { name: `${others.length} others: mix`, effect: sum('mix') },
          { name: `${others.length} others: rate`, effect: sum('rate') },
        ]),
  ].filter(({ effect }) => effect !== 0);
  let at = ctr_before;
  const steps = effects.map(({ name, effect }): Step => {
    const from = at;
    at += effect;
    return { name, from, to: at, isTotal: false };
  });
  const total = (name: string, to: number): Step => ({ name, from: 0, to, isTotal: true });
  return [total('Week before', ctr_before), ...steps, total('Last week', ctr_after)];
}

const ROW = 24;

function Waterfall({ split, feature }: { readonly split: Split; readonly feature: string }) {
  const steps = useMemo(() => stepsOf(split), [split]);
  const option = useMemo(() => waterfallOption(steps), [steps]);
  return (
    <Chart
      label={`From a CTR of ${percent(split.ctr_before)} to ${percent(split.ctr_after)}, ${points(split.change)}: ${points(split.mix)} by mix and ${points(split.rate)} by rate of ${feature}. The table below has each value.`}
      option={option}
      height={steps.length * ROW + 40}
    />
  );
}

function waterfallOption(steps: readonly Step[]) {
  const ends = steps.flatMap(({ from, to, isTotal }) => (isTotal ? [to] : [from, to]));
  const room = 0.1 * (Math.max(...ends) - Math.min(...ends)) || 0.001;
  // Totals begin at the edge: what changed is small against what there is.
  const min = Math.max(0, Math.min(...ends) - 3 * room);
  const max = Math.max(...ends) + room;
  return (colours: Palette): EChartsOption => {
    const draw: CustomSeriesRenderItem = (params, api) => {
      const { from, to, isTotal } = steps[params.dataIndex];
      const [x1, y] = api.coord([isTotal ? min : from, params.dataIndex]);
      const [x2] = api.coord([to, params.dataIndex]);
      const width = Math.max(Math.abs(x2 - x1), 1);
      const fill = isTotal ? colours.textSoft : to < from ? colours.bad : colours.good;
      return {
        ...{ type: 'rect', shape: { x: Math.min(x1, x2), y: y - 7, width, height: 14, r: 2 } },
        style: { fill },
      };
    };
    return {
      grid: { left: 4, right: 20, top: 4, bottom: 4, containLabel: true },
      tooltip: {
        trigger: 'item',
        formatter: (params) => {
          const { name, from, to, isTotal } = steps[(params as { dataIndex: number }).dataIndex];
          return `${name}\n${isTotal ? percent(to) : points(to - from)}`;
        },
      },
      xAxis: {
        ...{ type: 'value', min, max, ...axisLooks(colours) },
        axisLabel: {
          ...axisLooks(colours).axisLabel,
          ...{
            formatter: (value: number) => percent(value),
            showMinLabel: false,
            showMaxLabel: false,
          },
        },
      },
      yAxis: {
        ...{ type: 'category', inverse: true, data: steps.map(({ name }) => name) },
        ...axisLooks(colours),
        splitLine: { show: false },
        axisTick: { show: false },
        axisLabel: { color: colours.text, width: labelWidth(), overflow: 'truncate', interval: 0 },
      },
      series: [
        {
          ...{ type: 'custom', renderItem: draw, clip: true, cursor: 'default' },
          data: steps.map(({ to }, i) => [to, i]),
        },
      ],
    };
  };
}

function Parts({ split, feature }: { readonly split: Split; readonly feature: string }) {
  const { mix, rate, ctr_before, ctr_after } = split;
  const total = {
    ...{ value: 'All', mix, rate, ctr_before, ctr_after, isTotal: true },
    ...{ share_before: 1, share_after: 1 },
  };
  const rows = [...split.parts.map((part) => ({ ...part, isTotal: false })), total];
  return (
    <>
      <Table
        caption={`What each value of ${feature} did to the CTR, by its share and by its own CTR`}
        rows={rows}
        most={50}
        keyOf={(_row, i) => i}
        columns={[
          {
            name: 'Value',
            cell: ({ value, isTotal }) => (isTotal ? <strong>{value}</strong> : <bdi>{value}</bdi>),
          },
          { name: 'By mix', isNumber: true, cell: ({ mix }) => points(mix) },
          { name: 'By rate', isNumber: true, cell: ({ rate }) => points(rate) },
          { name: 'Together', isNumber: true, cell: ({ mix, rate }) => points(mix + rate) },
          {
            name: 'Share of impressions',
            isNumber: true,
            cell: (row) => `${percent(row.share_before)} → ${percent(row.share_after)}`,
          },
          {
            name: 'CTR',
            isNumber: true,
            cell: (row) => `${percent(row.ctr_before)} → ${percent(row.ctr_after)}`,
          },
        ]}
      />
      <p className="soft">
        {`Clicks: ${count(split.clicks.change)} = ${count(split.clicks.volume)} by volume, ${count(split.clicks.mix)} by mix, ${count(split.clicks.rate)} by rate. Mix is what shares of the impressions did, rate what each value's own CTR did; together they are the change, exactly.`}
      </p>
    </>
  );
}
