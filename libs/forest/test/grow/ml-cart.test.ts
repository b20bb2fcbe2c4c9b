import { DecisionTreeRegression } from 'ml-cart';
import { fit } from '../../src/index.js';
import { Random } from '../../src/random.js';
import { numericColumns, uniform } from '../data.js';

describe('ml-cart', () => {
  it.each([1, 2, 3])('grows the same tree on small noisy data (data %i)', (seed) => {
    const random = new Random(seed, 0);
    const rows = 150;
    const x = Array.from({ length: rows }, () => [uniform(random), uniform(random)]);
    const y = x.map(([a, b]) => Math.sin(5 * a) + b * b + 0.2 * uniform(random));
    const theirs = new DecisionTreeRegression({ minNumSamples: 1, maxDepth: 4, gainThreshold: 0 });
    theirs.train(x, y);
    const columns = numericColumns(
      x.map(([a]) => a),
      x.map(([, b]) => b),
    );
    const { forest } = fit(
      { columns, target: Float64Array.from(y) },
      { trees: 1, bootstrap: false, minLeafRows: 1, maxDepth: 4 },
    );
    const expected = theirs.predict(x);
    x.forEach((row, i) => expect(forest.predict(row)).toBeCloseTo(expected[i], 9));
  });
});
