/* All versions: a metric over them, and a table with what each does, what it learned from and how good it is. */
import { useCallback, useMemo, useState } from 'react';
import type { EChartsOption } from 'echarts';
import { axisLooks, Chart, type Palette } from '../charts/chart.js';
import { Button, Select } from '../shell/controls.js';
import { count, moment, number } from '../shell/format.js';
import { Table, type Column } from '../shell/table.js';
import { type Models, useCards, usePlace, type Version } from './asked.js';
import { type Card, measured, type Metric, metrics, treesOf } from './card.js';
import { differenceOf, within } from './difference.js';
import { VersionLink } from './link.js';

/** Versions whose cards are asked for at once; there may be thousands. */
const MOST = 30;

/** Roles of a version here, the previous one among them. */
export function rolesOf({ roles, version }: Version, models: Models): string[] {
  const share = { canary: models.canary?.percent, shadow: models.shadow?.percent };
  const told = roles.map((role) => {
    return role === 'canary' || role === 'shadow' ? `${role} ${share[role] ?? ''} %` : role;
  });
  return models.previous === version ? [...told, 'previous'] : told;
}

export function Chips({ version, models }: { readonly version: Version; readonly models: Models }) {
  return (
    <>
      {rolesOf(version, models).map((role) => (
        <span key={role} className={role === 'current' ? 'chip good' : 'chip'}>
          {role}
        </span>
      ))}
      {version.refused !== null && <span className="chip bad">refused</span>}
    </>
  );
}

export function Versions({
  models,
  tried,
}: {
  readonly models: Models;
  /** Versions that had a gated trial, and whether it is over. */
  readonly tried: ReadonlyMap<string, boolean>;
}) {
  const [most, setMost] = useState(MOST);
  const shown = models.versions.slice(0, most);
  const wanted = [...new Set([...shown.map(({ version }) => version), models.serving])];
  const readable = new Set(
    models.versions.filter((v) => v.created_at !== null).map((v) => v.version),
  );
  const cards = useCards(wanted.filter((name) => name !== null && readable.has(name)) as string[]);
  const [place, go] = usePlace();
  const metric = metrics.find(({ id }) => id === place.metric) ?? metrics[0]!;
  return (
    <section className="panel stack" aria-labelledby="versions">
      <div className="toolbar models-head">
        <h2 id="versions">Versions</h2>
        <Select
          label="Metric"
          hint={metric.means}
          choices={metrics.map(({ id, name }) => ({ id, name }))}
          value={metric.id}
          onChange={(id) => go({ metric: id })}
        />
      </div>
      <OverVersions
        metric={metric}
        cards={cards}
        versions={shown}
        go={(version) => go({ version })}
      />
      <VersionTable {...{ models, shown, cards, metric, tried }} />
      {models.versions.length > most && (
        <Button onPress={() => setMost(most + MOST)}>
          {`Show older versions: ${models.versions.length - most} are not shown`}
        </Button>
      )}
      <p className="soft">
        Against the average: normalised entropy less that of the average CTR; below 0 the model has
        learned something. Intervals hold 95 times in 100, each on the held-out rows of its own
        version. The difference to the current version has the interval that both leave it; where
        the same rows judged both, it is wider than it need be.
      </p>
    </section>
  );
}

interface Shared {
  readonly models: Models;
  readonly shown: readonly Version[];
  readonly cards: ReadonlyMap<string, Card>;
  readonly metric: Metric;
  readonly tried: ReadonlyMap<string, boolean>;
}

function VersionTable({ models, shown, cards, metric, tried }: Shared) {
  const current = measured(metric, cards.get(models.serving ?? ''));
  const of = (version: Version) => measured(metric, cards.get(version.version));
  const columns: Column<Version>[] = [
    {
      name: 'Version',
      cell: (version) => (
        <div className="models-name">
          <VersionLink version={version.version} />
          <Chips version={version} models={models} />
          {version.tags.map((tag) => (
            <span key={tag} className="models-tag">
              {tag}
            </span>
          ))}
          {tried.has(version.version) && (
            <VersionTrial version={version.version} isOver={tried.get(version.version)!} />
          )}
          {version.refused !== null && <div className="soft">{version.refused}</div>}
        </div>
      ),
      sortBy: ({ version }) => version,
    },
    {
      name: 'Trained',
      cell: ({ created_at }) => <span className="models-some">{moment(created_at)}</span>,
      sortBy: ({ created_at }) => created_at,
    },
    {
      name: 'Data',
      cell: ({ version }) => (
        <span className="models-source">{cards.get(version)?.source ?? '–'}</span>
      ),
      sortBy: ({ version }) => cards.get(version)?.source,
    },
    number_('Rows', (card) => card.training?.rows, cards),
    number_('Impressions', (card) => card.training?.impressions, cards),
    number_('Trees', treesOf, cards),
    {
      name: metric.name,
      cell: (version) => {
        const figure = of(version);
        if (figure === undefined) return '–';
        return (
          <>
            {number(figure.value)}
            <div className="soft models-line">{within(figure.ends, (value) => number(value))}</div>
          </>
        );
      },
      sortBy: (version) => of(version)?.value,
      isNumber: true,
    },
    {
      name: 'Against the average',
      cell: ({ version }) => <LessAverage card={cards.get(version)} />,
      isNumber: true,
    },
    {
      name: 'Against current',
      cell: (version) => {
        const figure = of(version);
        if (version.version === models.serving || !figure || !current) return '–';
        return <DifferenceCell metric={metric} one={figure} other={current} />;
      },
      isNumber: true,
    },
  ];
  return (
    <Table caption="Versions" columns={columns} rows={shown} keyOf={({ version }) => version} />
  );
}

function VersionTrial({ version, isOver }: { readonly version: string; readonly isOver: boolean }) {
  return (
    <span className="soft">
      {isOver ? 'was on trial' : 'on trial'}: <VersionLinkTo version={version} />
    </span>
  );
}

function VersionLinkTo({ version }: { readonly version: string }) {
  return (
    <VersionLink version={version} part="trial" name="evidence" label={`Evidence of ${version}`} />
  );
}

const number_ = (
  name: string,
  of: (card: Card) => number | undefined,
  cards: ReadonlyMap<string, Card>,
): Column<Version> => {
  const value = ({ version }: Version) => {
    const card = cards.get(version);
    return card && of(card);
  };
  return { name, cell: (version) => count(value(version)), sortBy: value, isNumber: true };
};

/** Normalised entropy less that of the average CTR: below 0, the model has learned something. */
function LessAverage({ card }: { readonly card: Card | undefined }) {
  const difference = card?.baselines?.find(({ name }) => name === 'constant')?.forest_less_baseline;
  if (difference === undefined) return '–';
  const signed = (value: number) => number(value, 3);
  return (
    <>
      {signed(difference.difference)}
      <div className="soft models-line">{within(difference.interval, signed)}</div>
    </>
  );
}

const words = { better: ['better', 'good'], worse: ['worse', 'bad'] } as const;

export function DifferenceCell(props: {
  readonly metric: Metric;
  readonly one: NonNullable<ReturnType<typeof measured>>;
  readonly other: NonNullable<ReturnType<typeof measured>>;
}) {
  const { difference, ends, verdict } = differenceOf(props.metric, props.one, props.other);
  const [word, look] = verdict ? words[verdict] : [undefined, ''];
  return (
    <>
      {difference > 0 ? '+' : ''}
      {number(difference, 3)} {word && <span className={`chip ${look}`}>{word}</span>}
      <div className="soft models-line">{within(ends, (value) => number(value, 3))}</div>
    </>
  );
}

/** A metric over versions with its interval; a press on one leads to it. */
function OverVersions({
  metric,
  cards,
  versions,
  go,
}: {
  readonly metric: Metric;
  readonly cards: ReadonlyMap<string, Card>;
  readonly versions: readonly Version[];
  readonly go: (version: string) => void;
}) {
  const points = useMemo(
    () =>
      [...versions].reverse().flatMap(({ version }) => {
        const figure = measured(metric, cards.get(version));
        return figure ? [{ version, ...figure }] : [];
      }),
    // The map is another one at every look; its figures never change.
    [metric, cards.size, versions.map(({ version }) => version).join()],
  );
  const option = useCallback(
    (palette: Palette) => optionOf(metric, points, palette),
    [metric, points],
  );
  if (points.length < 2) return null;
  const [first, last] = [points[0]!, points.at(-1)!];
  const label = `${metric.name} over ${points.length} versions, from ${number(first.value)} of ${first.version} to ${number(last.value)} of ${last.version}; all figures are in the table`;
  return (
    <Chart
      label={label}
      option={option}
      height={240}
      onClick={({ dataIndex }) => go(points[dataIndex]!.version)}
    />
  );
}

interface Point {
  readonly version: string;
  readonly value: number;
  readonly ends: ReturnType<typeof Object.values>[number];
}

function optionOf(metric: Metric, points: readonly Point[], palette: Palette): EChartsOption {
  return {
    legend: { show: false },
    grid: { left: 8, right: 16, top: 16, bottom: 8, containLabel: true },
    tooltip: {
      formatter: (given) => {
        const [{ dataIndex }] = given as unknown as [{ dataIndex: number }];
        const { version, value, ends } = points[dataIndex]!;
        return `${version}\n${metric.name} ${number(value)}\n${within(ends, (v) => number(v))}`;
      },
    },
    xAxis: {
      ...axisLooks(palette),
      type: 'category',
      data: points.map(({ version }) => version),
      axisLabel: {
        ...axisLooks(palette).axisLabel,
        formatter: (name: string) => name.slice(0, 13),
      },
    },
    yAxis: {
      ...axisLooks(palette),
      type: 'value',
      scale: true,
      axisLabel: { ...axisLooks(palette).axisLabel, formatter: (value: number) => number(value) },
    },
    series: [
      whiskers(points, palette),
      {
        ...{ type: 'line', symbolSize: 9, name: metric.name },
        ...{ itemStyle: { color: palette.accent }, lineStyle: { color: palette.accent } },
        data: points.map(({ value }) => value),
      },
    ],
  };
}

/** The intervals as upright lines with ends. */
function whiskers(points: readonly Point[], palette: Palette) {
  const ends = points.flatMap(({ ends }, i) => {
    const [low, high] = (ends ?? [null, null]) as [number | null, number | null];
    return low === null || high === null ? [] : [[i, low, high]];
  });
  return {
    type: 'custom' as const,
    silent: true,
    encode: { x: 0, y: [1, 2] },
    data: ends,
    renderItem: (_: unknown, api: { value(i: number): number; coord(p: number[]): number[] }) => {
      const [low, high] = [1, 2].map((i) => api.coord([api.value(0), api.value(i)]));
      const [x, bottom, top] = [low![0]!, low![1]!, high![1]!];
      const line = (shape: object) => ({
        type: 'line' as const,
        shape,
        style: { stroke: palette.textSoft, lineWidth: 1.5 },
      });
      const end = (y: number) => line({ x1: x - 4, x2: x + 4, y1: y, y2: y });
      return {
        type: 'group' as const,
        children: [line({ x1: x, x2: x, y1: bottom, y2: top }), end(bottom), end(top)],
      };
    },
  } as never;
}
