// What a good programmer writes in an afternoon: trees as typed arrays of thresholds, walked one
// after the other. Numeric features only.

/** @returns {(row: ArrayLike<number>) => number} the forest's mean at a row */
export function plainWalk(forest) {
  const nodes = forest.trees.reduce((sum, tree) => sum + tree.nodes, 0);
  const feature = new Int32Array(nodes);
  const threshold = new Float64Array(nodes);
  const left = new Int32Array(nodes);
  const roots = new Int32Array(forest.trees.length);
  let base = 0;
  forest.trees.forEach((tree, t) => {
    roots[t] = base;
    for (let node = 0; node < tree.nodes; node++) {
      const f = tree.feature[node];
      feature[base + node] = f;
      left[base + node] = base + tree.left[node];
      threshold[base + node] =
        f < 0 ? tree.value[node] : (forest.bins[f].cuts[tree.cut[node]] ?? Infinity);
    }
    base += tree.nodes;
  });
  return (row) => {
    let sum = 0;
    for (let t = 0; t < roots.length; t++) {
      let node = roots[t];
      for (let f = feature[node]; f >= 0; f = feature[node]) {
        node = left[node] + (row[f] <= threshold[node] ? 0 : 1);
      }
      sum += threshold[node];
    }
    return sum / roots.length;
  };
}
