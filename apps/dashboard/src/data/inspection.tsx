import { count, number, percent } from '../shell/format.js';
import { Fact } from './jobs.js';
import type { ColumnProfile, Inspection } from './mapping.js';

/** What would spoil a model, and what is worth a look. */
const GRAVE = new Set(['open', 'sampling', 'leak', 'outcome', 'restated', 'dominant']);
const LOOK = new Set(['file', 'dirty', 'target', 'label', 'duplicates', 'unreadable', 'time']);

/** What the trainer says of a table. */
export function Findings({ found }: { readonly found: Inspection }) {
  const { columns, rows, dirty, totals, findings } = found;
  return (
    <section className="stack" aria-label="What is in the file">
      <dl className="facts">
        <Fact name="Rows" value={number(rows, 9)} />
        <Fact name="To learn from" value={number(dirty.usable, 9)} />
        <Fact name="Unusable" value={number(dirty.dirty, 9)} />
        <Fact name="Columns" value={number(columns.length, 9)} />
        <Fact name="Totals taken out" value={number(totals.rows.length, 9)} />
        <Fact name="Read as" value={readAs(found)} />
      </dl>
      {totals.differences.length > 0 && <Totals found={found} />}
      {findings.length > 0 && (
        <div>
          <h3>Worth knowing before training</h3>
          <ul className="findings">
            {findings.map(({ kind, text }, i) => (
              <li key={i}>
                <span className={`chip ${GRAVE.has(kind) ? 'bad' : LOOK.has(kind) ? 'warn' : ''}`}>
                  {kind}
                </span>{' '}
                <bdi>{text}</bdi>
              </li>
            ))}
          </ul>
          {findings.some(({ text }) => text.includes('--')) && (
            <p className="soft">
              Words such as --feature are the trainer’s at a terminal. Here, the form below has
              them.
            </p>
          )}
        </div>
      )}
      {dirty.reasons.length > 0 && (
        <div>
          <h3>Why rows cannot be used</h3>
          <ul>
            {dirty.reasons.map(({ reason, rows: broken }) => (
              <li key={reason}>
                {count(broken)}: <bdi>{reason}</bdi>
              </li>
            ))}
          </ul>
        </div>
      )}
    </section>
  );
}

function Totals({ found: { totals } }: { readonly found: Inspection }) {
  return (
    <div className="notice warn">
      <h3>The rows do not add up to the file’s own totals</h3>
      <ul>
        {totals.differences.map(({ column, total, sum }) => (
          <li key={column}>
            <bdi>{column}</bdi>: the file says {number(total, 12)}, its rows say {number(sum, 12)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function readAs({ files: [file] }: Inspection): string {
  if (file?.written === undefined) return 'a table';
  const marks: Record<string, string> = { '\t': 'tabs', ',': 'commas', ';': 'semicolons' };
  const parted = file.delimiter === undefined ? '' : (marks[file.delimiter] ?? file.delimiter);
  return [file.written, parted].filter((part) => part !== '').join(', ');
}

const MOST_WORDS = 4;

/** What a column's cells are, in short. */
export function valuesOf({ quantiles, top = [], type }: ColumnProfile): string {
  if (quantiles !== undefined) {
    const digits = type === 'integer' ? 9 : 4;
    const [least, , , middle, , , greatest] = quantiles;
    return [least, middle, greatest].map((value) => number(value, digits)).join(' … ');
  }
  return top
    .slice(0, MOST_WORDS)
    .map(({ value }) => (value.length > 40 ? `${value.slice(0, 40)}…` : value))
    .join(', ');
}

export function missingOf({ missing, rows }: ColumnProfile): string {
  return missing === 0 || rows === 0 ? '' : percent(missing / rows, 2);
}
