import { number } from '../shell/format.js';
import type { Answered } from './answer.js';
import { points, signed } from './waterfall.js';

/** What is different between two scenarios, and what makes the difference. */
export function Comparison({
  a,
  b,
  names,
}: {
  readonly a: Answered;
  readonly b: Answered;
  readonly names: readonly string[];
}) {
  if (a.figures === undefined || b.figures === undefined) return null;
  const difference = b.figures.ctr - a.figures.ctr;
  const clicks =
    a.exposure === undefined || b.exposure === undefined
      ? undefined
      : b.figures.ctr * b.exposure - a.figures.ctr * a.exposure;
  const ratio = b.figures.ctr / a.figures.ctr - 1;
  return (
    <section className="panel wi-comparison" aria-label="B against A">
      <h2>B against A</h2>
      <div className="grid small">
        <p className="figure">
          <span className="value">{points(difference)}</span>
          <span className="soft">{`of CTR, ${signed(ratio)} of that of A`}</span>
        </p>
        {clicks !== undefined && (
          <p className="figure">
            <span className="value">
              {clicks === 0 ? '0' : `${clicks < 0 ? '−' : '+'}${number(Math.abs(clicks), 4)}`}
            </span>
            <span className="soft">expected clicks</span>
          </p>
        )}
        <p className="figure">
          <span className="soft">{apart(a, b)}</span>
        </p>
      </div>
      <Parts {...{ a, b, names }} />
    </section>
  );
}

/** Whether what will be observed can tell them apart. */
function apart({ figures: one }: Answered, { figures: other }: Answered): string {
  const [a, b] = [one?.interval, other?.interval];
  if (!a || !b) return 'Without intervals, nothing tells how sure this is.';
  if (a.low > b.high || b.low > a.high) {
    return 'Their intervals do not overlap: what is observed will most likely tell the same.';
  }
  return 'Their intervals overlap: what is observed may tell the opposite. Decide says how large a test must be.';
}

/** By feature: how much of the difference is due to it. */
function Parts({ a: { why: one }, b: { why: other }, names }: Parameters<typeof Comparison>[0]) {
  if (one === undefined || other === undefined || one.scale !== 'prediction') return null;
  const parts = names
    .map((name, g) => ({ name, by: other.values[g] - one.values[g] }))
    .filter(({ by }) => by !== 0)
    .sort((x, y) => Math.abs(y.by) - Math.abs(x.by));
  if (parts.length === 0) return null;
  return (
    <ul className="wi-parts" aria-label="What makes the difference">
      {parts.slice(0, 6).map(({ name, by }) => (
        <li key={name}>
          <bdi>{name}</bdi> <strong>{points(by)}</strong>
        </li>
      ))}
    </ul>
  );
}
