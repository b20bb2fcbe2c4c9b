import { binsFromCuts } from '../src/data/binning.js';
import { Forest, type Schema } from '../src/index.js';
import { resolveParameters } from '../src/data/parameters.js';
import { TreeBuilder } from './tree-builder.js';

/** A tree as one writes it down: a leaf's value and weight, or a test and what lies on its sides. */
export type Sketch =
  | { readonly value: number; readonly cover: number }
  | {
      readonly feature: number;
      /** Place of a cut; numbers up to it go left. */
      readonly cut: number;
      readonly missingLeft?: boolean;
      readonly gain?: number;
      readonly left: Sketch;
      readonly right: Sketch;
    };

/** A forest of sketched trees over numeric features x0, x1, … with the given cuts. */
export function forestOf(cuts: readonly number[][], sketches: readonly Sketch[]): Forest {
  const schema: Schema = {
    features: cuts.map((_, f) => ({ name: `x${f}`, kind: 'numeric' as const })),
  };
  const trees = sketches.map((sketch) => {
    const builder = new TreeBuilder();
    build(builder, 0, sketch);
    return builder.finish();
  });
  const bins = binsFromCuts(
    schema,
    cuts.map((list) => Float64Array.from(list)),
  );
  return new Forest(schema, resolveParameters(schema, { trees: trees.length }), bins, trees);
}

/** Fills `node` and returns its mean and cover. */
function build(builder: TreeBuilder, node: number, sketch: Sketch): [mean: number, cover: number] {
  if ('value' in sketch) {
    builder.describe(node, sketch.value, sketch.cover);
    return [sketch.value, sketch.cover];
  }
  const { feature, cut, missingLeft = true, gain = 1 } = sketch;
  const left = builder.split(node, feature, cut, missingLeft, gain);
  const [leftMean, leftCover] = build(builder, left, sketch.left);
  const [rightMean, rightCover] = build(builder, left + 1, sketch.right);
  const cover = leftCover + rightCover;
  const mean = (leftMean * leftCover + rightMean * rightCover) / cover;
  builder.describe(node, mean, cover);
  return [mean, cover];
}
