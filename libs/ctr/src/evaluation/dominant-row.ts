import { exposures, takeTable, writtenValue, type CtrTable } from '../table/table.js';
import { evaluatePredictions, type Evaluation, type EvaluationOptions } from './evaluation.js';

/** One row that has so many of a table's impressions that it decides what is learned or measured. */
export interface DominantRow {
  /** Its place in the table. */
  readonly row: number;
  readonly impressions: number;
  readonly clicks: number;
  /** Its share of all impressions, at least 0.2. */
  readonly share: number;
  /** Its values by feature; null where one is missing. */
  readonly features: Readonly<Record<string, string | number | null>>;
}

/** A row of such a share of the impressions is named. */
const DOMINANT = 0.2;

/** The row that has a fifth of a table's impressions or more; undefined if none has. */
export function dominantRow(table: CtrTable): DominantRow | undefined {
  // A row of a grouped log is many impressions of one place, and no row of the data.
  if (table.grouped || table.features.rows < 2) return undefined;
  const impressions = exposures(table);
  let [row, total] = [0, 0];
  impressions.forEach((n, i) => {
    total += n;
    if (n > impressions[row]) row = i;
  });
  const share = impressions[row] / total;
  if (!(share >= DOMINANT)) return undefined;
  const { schema, values } = table.features;
  const features = schema.features.map((feature, f) => {
    const value = values[f][row];
    return [feature.name, Number.isNaN(value) ? null : writtenValue(table, f, value)];
  });
  const told = { row, impressions: impressions[row], clicks: table.clicks[row], share };
  return { ...told, features: Object.fromEntries(features) };
}

/** The metrics of all rows but one. */
export function evaluateWithout(
  row: number,
  predicted: Float64Array,
  table: CtrTable,
  { groups, ...options }: EvaluationOptions = {},
): Evaluation {
  const others = Uint32Array.from(predicted.keys()).filter((other) => other !== row);
  const kept = groups && Float64Array.from(others, (other) => groups[other]);
  return evaluatePredictions(
    Float64Array.from(others, (other) => predicted[other]),
    takeTable(table, others),
    { ...options, ...(kept && { groups: kept }) },
  );
}
