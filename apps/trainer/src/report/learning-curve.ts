import { fitInput, outOfBagEntropy, takeTable, type CtrTable, type Trained } from '@adscale/ctr';
import { fit, growMore, type FitOptions, type FitResult } from '@adscale/forest';

/** What more trees bring, out of bag. */
export interface LearningCurve {
  readonly points: readonly { trees: number; normalised_entropy: number; weighted_r2: number }[];
  /** Training rows that the curve was learned from. */
  readonly rows: number;
  /** Whether that is all of them: then the last point is the model itself. */
  readonly complete: boolean;
}

/** Beyond so many rows the curve is that of a sample: its shape is what is asked for. */
const MOST_ROWS = 10_000;
/** Fewer trees leave too many rows without one that did not see them. */
const FEWEST_TREES = 5;

/** Grows the model's forest once more, stopping on the way to look. */
export function learningCurve({ training, forest }: Trained): LearningCurve {
  const table = sampled(training);
  const input = fitInput(table);
  const options = optionsOf(forest.parameters, forest.schema.features);
  const sizes = sizesUpTo(forest.trees.length);
  let result: FitResult | undefined;
  const points = sizes.map((trees) => {
    result =
      result === undefined
        ? fit(input, { ...options, trees })
        : growMore(input, result, trees - result.forest.trees.length);
    return {
      trees,
      normalised_entropy: outOfBagEntropy(result.outOfBag, input),
      weighted_r2: result.outOfBag.weightedR2,
    };
  });
  return { points, rows: table.features.rows, complete: table === training };
}

function sampled(table: CtrTable): CtrTable {
  const { rows } = table.features;
  if (rows <= MOST_ROWS) return table;
  const step = rows / MOST_ROWS;
  return takeTable(
    table,
    Uint32Array.from({ length: MOST_ROWS }, (_, k) => Math.floor(k * step)),
  );
}

/** 5, 7, 10, 14, … and the whole forest: evenly apart on a logarithmic axis. */
function sizesUpTo(trees: number): number[] {
  const sizes: number[] = [];
  for (let size = FEWEST_TREES; size < trees; size *= Math.SQRT2) sizes.push(Math.round(size));
  return [...sizes, trees];
}

/** Options that resolve to the parameters a forest was grown with. */
function optionsOf(
  { monotone, maxLeaves, ...rest }: Trained['forest']['parameters'],
  features: readonly { readonly name: string }[],
): FitOptions {
  const signs = features.map(({ name }, f) => [name, monotone[f]] as const);
  return {
    ...rest,
    ...(maxLeaves > 0 ? { maxLeaves } : {}),
    outOfBag: true,
    monotone: Object.fromEntries(signs.filter(([, sign]) => sign !== 0)) as Record<string, 1 | -1>,
  };
}
