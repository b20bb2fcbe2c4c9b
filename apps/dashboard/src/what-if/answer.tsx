import type { PlacementRecord } from '../api/client.js';
import { Failure } from '../shell/states.js';
import { number, percent } from '../shell/format.js';
import type { Problem } from '../api/problem.js';
import type { Figures, Why } from './asking.js';
import type { Lack } from './running.js';
import { Check } from './check.js';
import { Waterfall } from './waterfall.js';

/** What a model says of a record. */
export interface Answered {
  readonly record: PlacementRecord;
  readonly figures: Figures | undefined;
  readonly why: Why | undefined;
  /** The figures are those of the record before. */
  readonly isOld: boolean;
  /** The explanation is. */
  readonly isWhyOld: boolean;
  readonly problem: Problem | undefined;
  /** Why there is no explanation. */
  readonly whyProblem: Problem | undefined;
  /** Features in which the record lies outside of what training held. */
  readonly outside: readonly string[];
  readonly exposure: number | undefined;
}

const UNITS = 10_000;

/** A CTR as the service answers it: four decimals. */
export const rounded = (ctr: number): number => Math.round(ctr * UNITS) / UNITS;

/** An interval as the service answers it: four decimals, rounded outwards. */
export function outwards({ low, high }: { readonly low: number; readonly high: number }) {
  return {
    low: Math.floor(Math.max(0, low) * UNITS) / UNITS,
    high: Math.ceil(Math.min(1, high) * UNITS) / UNITS,
  };
}

/** The prediction in large, with what it does not know. */
export function Headline({
  title,
  answered,
  level,
}: {
  readonly title: string;
  readonly answered: Answered;
  readonly level: number;
}) {
  const { figures, isOld, problem, outside, exposure } = answered;
  if (problem !== undefined) return <Failure problem={problem} />;
  const interval = figures?.interval && outwards(figures.interval);
  return (
    <div className="panel wi-headline" aria-busy={isOld}>
      <h2 className="soft">
        {title}
        {/* A word here, a sentence below: what is dragged must not move away. */}
        {outside.length > 0 && <span className="chip warn">extrapolates</span>}
      </h2>
      <p className="figure">
        <span className="value">{percent(figures?.ctr, 4)}</span>
        <span className="soft">
          {interval
            ? `${percent(interval.low)} to ${percent(interval.high)} in ${percent(level)} of cases`
            : 'no interval'}
        </span>
      </p>
      {exposure !== undefined && figures !== undefined && (
        <p className="soft">
          {`${number(figures.ctr * exposure)} clicks expected of ${number(exposure, 12)} impressions`}
        </p>
      )}
    </div>
  );
}

/** Why the prediction is what it is, as a picture and to the last digit. */
export function Reasons({
  title,
  answered,
  names,
  lack,
  version,
  beside,
}: {
  readonly title: string;
  readonly answered: Answered;
  /** What the values of the explanation are of. */
  readonly names: readonly string[];
  readonly lack: Lack | undefined;
  readonly version: string;
  /** The explanation of the scenario beside it, to be drawn on the same scale. */
  readonly beside: Why | undefined;
}) {
  const { why, whyProblem, isWhyOld, record, figures, outside } = answered;
  return (
    <section className="panel wi-reasons" aria-busy={isWhyOld} aria-label={title}>
      <h2>{title}</h2>
      {outside.length > 0 && (
        <p className="notice warn">
          {`Extrapolates in ${outside.join(', ')}: training held nothing like it.`}
        </p>
      )}
      {whyProblem !== undefined && <Failure problem={whyProblem} />}
      {why === undefined ? (
        whyProblem === undefined && <p className="soft">The explanation is on its way…</p>
      ) : (
        <Waterfall {...{ why, names, record, beside }} />
      )}
      {lack !== undefined && <p className="notice warn">{LACKS[lack]}</p>}
      {figures !== undefined && why !== undefined && (
        <Exact {...{ answered, figures, why, names, version }} />
      )}
    </section>
  );
}

const LACKS: Record<Lack, string> = {
  scope:
    'This key may not read training rows (scope outcomes), so the contributions are of another method, TreeSHAP, than those of POST /explain.',
  'not-loaded':
    'The service has not loaded this version, so the contributions are of another method, TreeSHAP, than those of POST /explain.',
};

/** All figures unrounded, for whoever compares them with those of the service. */
function Exact({
  answered: { record, isOld, isWhyOld, outside },
  figures,
  why,
  names,
  version,
}: {
  readonly answered: Answered;
  readonly figures: Figures;
  readonly why: Why;
  readonly names: readonly string[];
  readonly version: string;
}) {
  const { prediction, interval } = figures;
  const rows: [string, number | string][] = [
    ['predicted_ctr', rounded(figures.ctr)],
    ['unrounded_ctr', prediction],
    ...(interval === null ? [] : Object.entries(outwards(interval))),
    ['base_value', why.base],
    ...names.map((name, g): [string, number] => [`contributions.${name}`, why.values[g]]),
    ...(why.calibration === 0 ? [] : [['calibration', why.calibration] as [string, number]]),
    ['extrapolated', outside.join(', ')],
  ];
  const isSettled = !isOld && !isWhyOld;
  return (
    <details className="wi-exact">
      <summary>Unrounded figures</summary>
      <p className="soft">
        {`As POST /predict_ctr and POST /explain answer, computed in this page; ${why.method}.`}
      </p>
      <table
        className="table"
        // Says which record these figures are of.
        data-record={isSettled ? JSON.stringify(record) : undefined}
      >
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td className="number">{String(value)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {isSettled && <Check {...{ record, version, figures, why, names }} />}
    </details>
  );
}
