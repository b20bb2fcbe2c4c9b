/*
 * What the model expects of what came, at the records that it came with. A decision is taken for planned
 * impressions and budgets, and an outcome has what came of them: a model that is right of both must not be
 * blamed for the difference.
 */
import type { CtrModel } from '@adscale/ctr';
import { ModelError } from '../error/model-error.js';
import type { Entry } from './entries.js';

/** Impressions of an entry that had one record. */
export interface ShownRecord {
  readonly record: Readonly<Record<string, unknown>>;
  readonly impressions: number;
}

interface Shown {
  readonly impressions: number;
  readonly shown?: readonly ShownRecord[] | undefined;
}

/** By entry, what was expected of its impressions. */
export interface Expected {
  /** Clicks. */
  readonly clicks: readonly number[];
  /** Of each entry's most frequent record; of one that says none, of what was planned. */
  readonly error: ModelError;
}

/**
 * Expects each entry's clicks by the records that its impressions had. Records are in proportion: where they
 * are a sample, it stands for all impressions. Those that the model cannot read are passed over; where
 * none is left, the entry counts as planned.
 * @param planned of the entries as they were decided
 * @param walks as of `ModelError`
 * @param onStep called between entries
 */
export function expectedOf(
  model: CtrModel,
  entries: readonly Entry[],
  planned: ModelError,
  observed: readonly Shown[],
  walks: number,
  onStep: () => void,
): Expected {
  const width = model.schema.features.length;
  const rows = new Float64Array(entries.length * width);
  const rates = entries.map((entry, i) => {
    onStep();
    const { row, ctr } = meanOf(model, observed[i].shown ?? []) ?? {
      row: entry.row,
      ctr: undefined,
    };
    rows.set(row, i * width);
    return ctr;
  });
  const asPlanned = rates.every((rate) => rate === undefined);
  const error = asPlanned ? planned : new ModelError(model, rows, entries.length, walks);
  const clicks = observed.map(({ impressions }, i) => impressions * (rates[i] ?? error.ctr[i]));
  return { clicks, error };
}

/** The mean CTR of some records, and the row of the most frequent; undefined if the model can read none. */
function meanOf(
  model: CtrModel,
  shown: readonly ShownRecord[],
): { readonly row: Float64Array; readonly ctr: number } | undefined {
  const row = new Float64Array(model.schema.features.length);
  let most: { readonly row: Float64Array; readonly impressions: number } | undefined;
  let [clicks, sum] = [0, 0];
  for (const { record, impressions } of shown) {
    if (impressions === 0 || !model.contract.read(inTermsOf(model, record), row)) continue;
    clicks += impressions * model.predictRow(row);
    sum += impressions;
    if (most === undefined || impressions > most.impressions) {
      most = { row: row.slice(), impressions };
    }
  }
  return most && { row: most.row, ctr: clicks / sum };
}

/** A record that another version may have answered: of what it says, what this one knows. */
function inTermsOf({ schema }: CtrModel, record: ShownRecord['record']): object {
  const known = schema.features.filter(({ name }) => (record[name] ?? null) !== null);
  return Object.fromEntries(known.map(({ name }) => [name, record[name]]));
}
