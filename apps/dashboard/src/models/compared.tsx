/* Two versions beside each other: what differs first, and by default alone. */
import { useState } from 'react';
import { Switch } from '../shell/controls.js';
import { number } from '../shell/format.js';
import { Shown } from '../shell/states.js';
import { Table, type Column } from '../shell/table.js';
import { useCard } from './asked.js';
import { apart, type Card, measured, type Metric, metrics } from './card.js';
import { areJudgedAlike, factsOf, featuresOf, type Line, linesOf, within } from './difference.js';
import { DifferenceCell } from './versions.js';

interface Sides {
  readonly version: string;
  readonly card: Card;
  readonly other: string;
}

export function Compared(sides: Sides) {
  const other = useCard(sides.other);
  return (
    <Shown query={other} what="the other card">
      {(data) => <Both {...sides} otherCard={data} />}
    </Shown>
  );
}

function Both({ version, card, other, otherCard }: Sides & { readonly otherCard: Card }) {
  const [all, showAll] = useState(false);
  const settings = linesOf(factsOf(card), factsOf(otherCard));
  const features = linesOf(featuresOf(card), featuresOf(otherCard));
  const both = metrics.filter((metric) => measured(metric, card) && measured(metric, otherCard));
  const differing = features.filter(({ differs, one, other: two }) => {
    return differs && (one === '–' || two === '–');
  });
  return (
    <>
      <p className={areJudgedAlike(card, otherCard) ? 'soft' : 'notice warn'}>
        {areJudgedAlike(card, otherCard)
          ? 'The same held-out rows judged both, so that differences are surer than their intervals say.'
          : 'Different rows judged them: a difference may be one of the data, not of the models. A shadow or a gated canary compares them on the same requests.'}
      </p>
      {differing.length > 0 && (
        <p className="notice warn">
          {`They take other records: ${differing.map(({ name }) => apart(name)).join(', ')}. To switch between them takes a restart of the service.`}
        </p>
      )}
      <Table
        caption={`Metrics of ${version} and ${other}`}
        columns={metricColumns(version, card, other, otherCard)}
        rows={both}
        keyOf={({ id }) => id}
      />
      <Switch isSelected={all} onChange={showAll}>
        Show what is the same, too
      </Switch>
      <Lines name="Features" lines={features} all={all} version={version} other={other} />
      <Lines name="Data and settings" lines={settings} all={all} version={version} other={other} />
    </>
  );
}

const figure = (metric: Metric, card: Card) => {
  const found = measured(metric, card)!;
  return (
    <>
      {number(found.value)}
      <div className="soft models-line">{within(found.ends, (value) => number(value))}</div>
    </>
  );
};

const metricColumns = (
  version: string,
  card: Card,
  other: string,
  otherCard: Card,
): Column<Metric>[] => [
  { name: 'Metric', cell: ({ name }) => name },
  { name: version, cell: (metric) => figure(metric, card), isNumber: true },
  { name: other, cell: (metric) => figure(metric, otherCard), isNumber: true },
  {
    name: 'Difference',
    cell: (metric) => (
      <DifferenceCell
        metric={metric}
        one={measured(metric, card)!}
        other={measured(metric, otherCard)!}
      />
    ),
    isNumber: true,
  },
];

function Lines({
  name,
  lines,
  all,
  version,
  other,
}: {
  readonly name: string;
  readonly lines: readonly Line[];
  readonly all: boolean;
  readonly version: string;
  readonly other: string;
}) {
  const shown = lines.filter(({ differs }) => all || differs);
  const columns: Column<Line>[] = [
    {
      name: 'What',
      cell: ({ name, differs }) => (
        <span className="models-some">{differs ? <b>{name}</b> : name}</span>
      ),
    },
    { name: version, cell: ({ one }) => <span className="models-some">{one}</span> },
    { name: other, cell: ({ other }) => <span className="models-some">{other}</span> },
  ];
  return (
    <div>
      <h3>{name}</h3>
      {shown.length === 0 ? (
        <p className="soft">They are the same.</p>
      ) : (
        <Table
          caption={`${name} of ${version} and ${other}`}
          columns={columns}
          rows={shown}
          keyOf={({ name }) => name}
        />
      )}
    </div>
  );
}
