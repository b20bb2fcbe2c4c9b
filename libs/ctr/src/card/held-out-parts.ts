import { dominantRow, evaluateWithout } from '../evaluation/dominant-row.js';
import type { Evaluation } from '../evaluation/evaluation.js';
import { rhoBySize } from '../evaluation/overdispersion.js';
import { calibrateSegments, usualSegments, type Segments } from '../evaluation/segments.js';
import type { CtrTable } from '../table/table.js';
import type { WordEncoding } from '../words/encoding.js';
import type { ModelCard } from './card.js';

/** What is judged beside the metrics of all held-out rows. */
export interface HeldOutFacts {
  /** Absent where a model is judged on other data than it was trained with. */
  readonly training?: CtrTable;
  readonly heldOutTable: CtrTable;
  readonly heldOut: Evaluation;
  /** What the model knows of words, which the tables have by its numbers; absent if it has none. */
  readonly encoding?: WordEncoding | undefined;
  /** The model's CTRs of the held-out rows. */
  readonly predicted: Float64Array;
  /** Further rows of the held-out table by name, judged beside the usual segments and before them. */
  readonly segments?: Segments;
  /** Of the bootstrap, any safe integer. */
  readonly seed: number;
  /** Whether rows of a group are held out and resampled together. */
  readonly byGroup: boolean;
}

/**
 * Rows whose words the model knows and rows whose words it does not, by feature: what is above a word
 * answers for it, and that is right on average only if new words are like those that were seen.
 */
export function* wordSegments(
  { features: { schema, values, rows } }: CtrTable,
  encoding: WordEncoding | undefined,
): Segments {
  if (encoding === undefined) return;
  for (const [f, { name, kind, missing }] of schema.features.entries()) {
    if (kind !== 'word') continue;
    const places = Uint32Array.from({ length: rows }, (_, row) => row);
    const isSeen = (row: number): boolean => encoding.isKnown(f, values[f][row]);
    yield [`${name}: words seen`, places.filter(isSeen)];
    const unseen = missing === true ? 'words unseen or missing' : 'words unseen';
    yield [`${name}: ${unseen}`, places.filter((row) => !isSeen(row))];
  }
}

/** One after the other, so that the rows of all are never in memory at once. */
function* segmentsOf({ segments = [], predicted, heldOutTable, encoding }: HeldOutFacts): Segments {
  yield* segments;
  yield* wordSegments(heldOutTable, encoding);
  yield* usualSegments(predicted, heldOutTable);
}

/** The held-out rows segment by segment, and the rows that dominate either side. */
export function judgeParts(facts: HeldOutFacts): Pick<ModelCard, 'segments' | 'dominant_rows'> {
  const { training, heldOutTable, heldOut, predicted, seed, byGroup } = facts;
  const groups = byGroup ? heldOutTable.group : undefined;
  const byGroups = groups === undefined ? {} : { groups };
  const segments = calibrateSegments(predicted, heldOutTable, segmentsOf(facts), {
    ...(heldOut.overdispersion && { rhoOf: rhoBySize(heldOut.overdispersion) }),
    ...byGroups,
  });
  const [trained, judged] = [training && dominantRow(training), dominantRow(heldOutTable)];
  if (trained === undefined && judged === undefined) return { segments };
  const without =
    judged && evaluateWithout(judged.row, predicted, heldOutTable, { seed, ...byGroups });
  return {
    segments,
    dominant_rows: {
      ...(trained && { training: trained }),
      ...(judged && without && { held_out: { ...judged, without } }),
    },
  };
}
