import { useMemo } from 'react';
import type { Schemas } from '../api/client.js';
import { number, percent } from '../shell/format.js';
import { Table } from '../shell/table.js';
import { IntervalChart } from './interval-chart.js';
import { range } from './words.js';

type Sign = Schemas['SignAnswer'];

const kinds: Record<Sign['kind'], { readonly name: string; readonly isShare: boolean }> = {
  psi: { name: 'spread otherwise (PSI)', isShare: false },
  wasserstein: { name: 'moved, in spreads', isShare: false },
  missing: { name: 'missing', isShare: true },
  unseen: { name: 'unknown words', isShare: true },
  outside: { name: 'outside of training', isShare: true },
};

/** What inputs tell before any click comes: each sign against what it is raised by. */
export function Signs({
  signs,
  reference,
}: {
  readonly signs: readonly Sign[];
  readonly reference: string | null;
}) {
  const raised = signs.filter((sign) => sign.raised);
  // Signs of other kinds have other units: against their thresholds they can be compared.
  const rows = useMemo(
    () =>
      [...signs]
        .sort((a, b) => b.value / b.threshold - a.value / a.threshold)
        .slice(0, 16)
        .map(({ feature, kind, value, lower, upper, threshold, raised: isRaised }) => ({
          name: `${feature}: ${kinds[kind].name}`,
          ...{ value: value / threshold, low: lower / threshold, high: upper / threshold },
          tone: isRaised ? ('bad' as const) : ('good' as const),
        })),
    [signs],
  );
  return (
    <section className="panel" aria-labelledby="signs">
      <h2 id="signs">Early signs of inputs</h2>
      {signs.length === 0 ? (
        <p className="soft">Nothing to compare yet: it takes two weeks of outcomes.</p>
      ) : (
        <>
          <ul className="findings">
            {raised.map(({ words }) => (
              <li key={words} className="notice warn">
                {words}
              </li>
            ))}
          </ul>
          {raised.length === 0 && (
            <p className="notice good">Inputs come as they did before: no sign is raised.</p>
          )}
          <p className="soft">
            They need no clicks: the last week against {reference ?? 'the days before'}, and what is
            outside against what the model was trained with. A sign is raised where its whole
            interval is beyond the dashed line, its threshold.
          </p>
          <IntervalChart
            label={`Signs of inputs as multiples of their thresholds: ${raised.length} of ${signs.length} are raised. The table below has the figures.`}
            rows={rows}
            reference={1}
            format={times}
          />
          <details>
            <summary>All {signs.length} signs</summary>
            <SignsTable signs={signs} />
          </details>
        </>
      )}
    </section>
  );
}

const times = (value: number): string => `${number(value, 2)}×`;

function SignsTable({ signs }: { readonly signs: readonly Sign[] }) {
  const told = ({ kind }: Sign, value: number): string =>
    kinds[kind].isShare ? percent(value) : number(value, 3);
  return (
    <Table
      caption="Signs of inputs with intervals and thresholds"
      rows={signs}
      keyOf={({ feature, kind }) => `${feature} ${kind}`}
      columns={[
        { name: 'Input', cell: ({ feature }) => feature, sortBy: ({ feature }) => feature },
        { name: 'Sign', cell: ({ kind }) => kinds[kind].name, sortBy: ({ kind }) => kind },
        {
          name: 'Value',
          isNumber: true,
          cell: (sign) =>
            `${told(sign, sign.value)} (${range(sign.lower, sign.upper, (end) => told(sign, end))})`,
          sortBy: ({ value }) => value,
        },
        {
          name: 'Threshold',
          isNumber: true,
          cell: (sign) => told(sign, sign.threshold),
          sortBy: ({ threshold }) => threshold,
        },
        {
          name: 'Raised',
          cell: ({ raised }) => (
            <span className={`chip ${raised ? 'bad' : 'good'}`}>{raised ? 'raised' : 'no'}</span>
          ),
          sortBy: ({ raised }) => Number(raised),
        },
      ]}
    />
  );
}
