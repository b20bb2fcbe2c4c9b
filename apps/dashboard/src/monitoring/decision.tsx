/* A decision replayed: each entry's interval and what came, and what else the same budget could have brought. */
import { useMemo } from 'react';
import { answer, client, type Schemas } from '../api/client.js';
import { Button } from '../shell/controls.js';
import { count, moment, money, number, percent } from '../shell/format.js';
import { figure, Table } from '../shell/table.js';
import { DetailPanel } from './detail-panel.js';
import { IntervalChart } from './interval-chart.js';
import type { Place } from './question.js';
import { Told, useAnswer } from './reports.js';
import { range } from './words.js';

type Judged = Schemas['JudgedDecisionDto'];
type Hindsight = Schemas['HindsightDto'];
type Entry = Schemas['JudgedEntryDto'];

/** @param isYoung whether days that still grow count */
export function Decision({
  id,
  isYoung,
  go,
}: {
  readonly id: string;
  readonly isYoung: boolean;
  readonly go: (change: Place) => void;
}) {
  const query = useAnswer(['decision', id, isYoung], (signal) =>
    answer(
      client.GET('/decisions/{id}', {
        params: { path: { id }, query: isYoung ? { young: true } : {} } as never,
        signal,
      }),
    ),
  );
  return (
    <DetailPanel
      title={`Decision ${id}`}
      what="decision"
      onClose={() => go({ decision: undefined })}
    >
      <Told query={query} what="what came of it">
        {(judged) => <Replayed judged={judged} isYoung={isYoung} go={go} />}
      </Told>
    </DetailPanel>
  );
}

function Replayed({
  judged,
  isYoung,
  go,
}: {
  readonly judged: Judged;
  readonly isYoung: boolean;
  readonly go: (change: Place) => void;
}) {
  const { outcomes, hindsight, unjudged } = judged;
  return (
    <>
      <p>
        {`/${judged.decision}, ${moment(judged.at)}, by ${judged.model_version}. `}
        {outcomes.matched_by === null
          ? `No outcomes of it came from ${outcomes.from} to ${outcomes.to}.`
          : `${count(outcomes.clicks)} clicks of ${count(outcomes.impressions)} impressions came from ${outcomes.from} to ${outcomes.to}, known by their ${outcomes.matched_by}.`}
      </p>
      {outcomes.matched_by === null && !isYoung && (
        <p>
          Days whose clicks still come in are left out.{' '}
          <Button onPress={() => go({ young: 'count' })}>Count them as they are</Button>
        </p>
      )}
      {unjudged !== undefined && <p className="notice warn">Not judged: {unjudged}</p>}
      {hindsight && (
        <>
          <Verdict hindsight={hindsight} />
          <Entries hindsight={hindsight} />
          {hindsight.regret && <Regret regret={hindsight.regret} />}
        </>
      )}
      <Assumptions
        sentences={[
          ...outcomes.assumptions,
          ...(hindsight?.assumptions ?? []),
          ...(hindsight?.regret?.assumptions ?? []),
        ]}
      />
      <details>
        <summary>The request and its answer</summary>
        <div className="grid">
          <pre tabIndex={0} aria-label="Request">
            {JSON.stringify(judged.request, null, 2)}
          </pre>
          <pre tabIndex={0} aria-label="Answer">
            {JSON.stringify(judged.answer, null, 2)}
          </pre>
        </div>
      </details>
    </>
  );
}

export function Assumptions({ sentences }: { readonly sentences: readonly string[] }) {
  if (sentences.length === 0) return null;
  return (
    <details>
      <summary>What is taken for granted</summary>
      <ul>
        {[...new Set(sentences)].map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
    </details>
  );
}

/** Whether what was promised held, in sentences. */
function Verdict({ hindsight: { total, coverage, regret } }: { readonly hindsight: Hindsight }) {
  const more = regret?.best_in_hindsight.more;
  return (
    <div className="figures">
      <div className="figure">
        <span className="soft">Clicks</span>
        <span className="value">{count(total.clicks)}</span>
        <span className={`note ${heldTone(total.held)}`}>
          {`${count(total.expected_clicks)} expected (${range(total.interval.low, total.interval.high, count)}): ${heldWords(total.held)}`}
        </span>
      </div>
      <div className="figure">
        <span className="soft">Intervals that held</span>
        <span className="value">
          {coverage.held} of {coverage.judged}
        </span>
        <span className="soft">{percent(coverage.level)} of them are to hold</span>
      </div>
      {regret && more && (
        <div className="figure">
          <span className="soft">Regret, in {regret.of}</span>
          <span className="value">{number(more.expected)}</span>
          <span className="soft">
            {`that the best split in hindsight would have brought more (${range(more.low, more.high)})`}
          </span>
        </div>
      )}
    </div>
  );
}

const heldTone = (held: boolean | null): string => (held === null ? '' : held ? 'good' : 'bad');
const heldWords = (held: boolean | null): string =>
  held === null ? 'nothing came' : held ? 'the interval held' : 'the interval did not hold';

function Entries({ hindsight: { entries } }: { readonly hindsight: Hindsight }) {
  // Entries differ in size by orders of magnitude: what came is told by what was expected.
  const rows = useMemo(
    () =>
      entries
        .filter(({ expected_clicks }) => expected_clicks > 0)
        .slice(0, 30)
        .map(({ id, clicks, expected_clicks, interval, held }) => ({
          ...{ name: id, value: clicks / expected_clicks },
          ...{ low: interval.low / expected_clicks, high: interval.high / expected_clicks },
          tone: held === false ? ('bad' as const) : ('good' as const),
        })),
    [entries],
  );
  return (
    <>
      <h3>What came of each entry</h3>
      {rows.length > 0 && (
        <>
          <IntervalChart
            label={`Clicks that came, as multiples of those expected, and the intervals of ${rows.length} entries. The table below has the figures.`}
            rows={rows}
            reference={1}
          />
          <p className="soft">
            Dots are the clicks that came over those expected; lines are the intervals, red where
            they did not hold.
          </p>
        </>
      )}
      <Table
        caption="What was planned, expected and came of each entry"
        rows={entries}
        most={50}
        keyOf={({ id }) => id}
        columns={[
          { name: 'Entry', cell: ({ id }) => <bdi>{id}</bdi>, sortBy: ({ id }) => id },
          figure<Entry>('Planned impressions', (row) => row.planned_impressions, count),
          figure<Entry>('Impressions', ({ impressions }) => impressions, count),
          figure<Entry>('Planned spend', (row) => row.planned_spend, money),
          figure<Entry>('Spend', ({ spend }) => spend, money),
          figure<Entry>('Clicks', ({ clicks }) => clicks, count),
          {
            name: 'Expected',
            isNumber: true,
            cell: ({ expected_clicks, interval }) =>
              `${count(expected_clicks)} (${range(interval.low, interval.high, count)})`,
            sortBy: (row) => row.expected_clicks,
          },
          figure<Entry>('Predicted CTR', (row) => row.predicted_ctr, percent),
          figure<Entry>('Observed CTR', (row) => row.observed_ctr, percent),
          {
            name: 'Interval',
            cell: ({ held }) => <span className={`chip ${heldTone(held)}`}>{heldWords(held)}</span>,
            sortBy: ({ held }) => (held === null ? null : Number(held)),
          },
        ]}
      />
    </>
  );
}

function Regret({ regret }: { readonly regret: Schemas['RegretDto'] }) {
  const { decided, equal_split, best_in_hindsight: best } = regret;
  const rows = useMemo(
    () =>
      [
        { name: 'As decided', ...decided, tone: undefined },
        { name: 'Equal split', ...equal_split, tone: 'warn' as const },
        { name: 'Best in hindsight', ...best, tone: 'good' as const },
      ].map(({ name, expected, low, high, tone }) => ({ name, value: expected, low, high, tone })),
    [decided, equal_split, best],
  );
  return (
    <>
      <h3>What else the same could have brought, in {regret.of}</h3>
      <IntervalChart
        label={`${regret.of} as decided: ${number(decided.expected)}; of an equal split: ${number(equal_split.expected)}; of the best in hindsight: ${number(best.expected)}.`}
        rows={rows}
        reference={decided.expected}
      />
      <p>
        {`The best split, by what is known now: `}
        {best.split.map(({ id, share }, i) => (
          <span key={id}>
            {i > 0 && ', '}
            <bdi>{id}</bdi> {percent(share)}
          </span>
        ))}
        .
      </p>
    </>
  );
}
