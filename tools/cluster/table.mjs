// The report: a line for each thing that must hold, and one table of all drills as Markdown.
import { table } from '../bench/report.mjs';

const milliseconds = (ms) =>
  Number.isFinite(ms) ? (ms < 10 ? ms.toFixed(1) : String(Math.round(ms))) : '–';
const latency = ({ p50, p99 }) => `${milliseconds(p50)} / ${milliseconds(p99)}`;
const count = (n) => n.toLocaleString('en-GB');

/** What held of a drill and what did not. */
export function claimLines({ claims, notes }) {
  const lines = claims.map(
    ({ name, holds, wanted, got }) =>
      `  ${holds ? 'ok    ' : 'FAILED'} ${name}: ${got}${holds ? '' : `, wanted ${wanted}`}`,
  );
  return [...lines, ...notes.map((note) => `  ${note}`)].join('\n');
}

const HEAD = [
  'drill',
  'predictions',
  'failed',
  'retried',
  'longest gap, ms',
  'p50 / p99 before, ms',
  'during',
  'after',
  'outcome bodies',
  'failed',
  'slowest, ms',
  'committed and kept',
  'most of one key a minute',
  'statistics true after, ms',
];

/** All drills. */
export function drillTable(results) {
  const rows = results.map(({ title, figures, retries, committed, kept, statistics }) => {
    const { predictions, outcomes, gapMs, slowestOutcomeMs, before, during, after, limit } =
      figures;
    return [
      title,
      count(predictions.requests),
      count(predictions.failed),
      count(retries),
      milliseconds(gapMs),
      ...[before, during, after].map(latency),
      count(outcomes.requests),
      count(outcomes.failed),
      milliseconds(slowestOutcomeMs),
      kept === committed ? count(kept) : `${count(kept)} of ${count(committed)}`,
      count(limit.most),
      statistics.hold ? count(statistics.ms) : 'not',
    ];
  });
  return table(HEAD, rows);
}
