import { useState } from 'react';
import { Button } from '../shell/controls.js';
import { count, percent } from '../shell/format.js';
import type { Stats } from './history.js';

interface Category {
  readonly label: string;
  readonly predictions: number;
  readonly mean: number | null;
}

type Dimensions = Record<string, Record<string, Omit<Category, 'label'>>>;

/** Categories shown before one asks for more. */
const MOST = 10;
/** Dimensions that are known by these names come first. */
const FIRST = ['device_type', 'ad_position'];

/** The average prediction by each feature of few values: a bar for each value. */
export function CtrBy({ stats }: { readonly stats: Stats }) {
  const dimensions = Object.entries(stats.predicted_ctr_by as Dimensions);
  if (dimensions.length === 0) return null;
  const place = (name: string) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  const sorted = dimensions.sort(([a], [b]) => place(a) - place(b) || a.localeCompare(b));
  return (
    <section aria-labelledby="ctr-by">
      <h2 id="ctr-by">Predicted CTR by part of the traffic</h2>
      <p className="soft">Averages of all predictions since the service started.</p>
      <div className="grid">
        {sorted.map(([name, categories]) => (
          <Dimension key={name} name={name} categories={categories} />
        ))}
      </div>
    </section>
  );
}

function Dimension({
  name,
  categories,
}: {
  readonly name: string;
  readonly categories: Dimensions[string];
}) {
  const [isWhole, setWhole] = useState(false);
  const rows = Object.entries(categories).map(([label, each]) => ({ label, ...each }));
  const all = rows.reduce((sum, { predictions }) => sum + predictions, 0);
  const sorted = rows.sort(inOrder(rows));
  const most = Math.max(...rows.map(({ mean }) => mean ?? 0), Number.MIN_VALUE);
  return (
    <div className="panel">
      <table className="bars">
        <caption>{name}</caption>
        <thead className="sr-only">
          <tr>
            <th scope="col">Value</th>
            <th scope="col">Average predicted CTR</th>
            <th scope="col">Share of predictions</th>
          </tr>
        </thead>
        <tbody>
          {sorted.slice(0, isWhole ? undefined : MOST).map(({ label, mean, predictions }) => (
            <tr key={label}>
              <th scope="row">
                <bdi title={label}>{label}</bdi>
              </th>
              <td>
                <span className="bar">
                  <span className="fill" style={{ width: `${(100 * (mean ?? 0)) / most}%` }} />
                </span>
                <span className="number">{percent(mean)}</span>
              </td>
              <td className="soft number" title={`${count(predictions)} predictions`}>
                {percent(predictions / all, 2)} of all
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length > MOST && (
        <Button onPress={() => setWhole(!isWhole)}>
          {isWhole ? `Only ${MOST}` : `All ${rows.length}`}
        </Button>
      )}
    </div>
  );
}

/** Numbers and ranges in their order; a few names by name, so that they stay in place; many by how often they come. */
function inOrder(rows: readonly Category[]) {
  const isNumbered = rows.every(({ label }) => Number.isFinite(Number.parseFloat(label)));
  const byName = (a: Category, b: Category) => a.label.localeCompare(b.label);
  if (rows.length <= MOST && !isNumbered) return byName;
  return (a: Category, b: Category) =>
    isNumbered
      ? Number.parseFloat(a.label) - Number.parseFloat(b.label)
      : b.predictions - a.predictions || byName(a, b);
}
