// Our forest as an ONNX model, written field by field (onnx.proto, operator TreeEnsembleRegressor
// of ai.onnx.ml 3), so that the benchmark's rival shares nothing with the library's own exporter.
// Numeric features only.

const VARINT = 0;
const BYTES = 2;

function varint(n) {
  const bytes = [];
  for (let rest = BigInt.asUintN(64, BigInt(n)); ; rest >>= 7n) {
    const low = Number(rest & 127n);
    if (rest < 128n) return Buffer.from([...bytes, low]);
    bytes.push(low | 128);
  }
}

const integer = (field, n) => Buffer.concat([varint((field << 3) | VARINT), varint(n)]);

function bytes(field, content) {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint((field << 3) | BYTES), varint(body.length), body]);
}

const message = (...fields) => Buffer.concat(fields);

// AttributeProto: name 1, s 4, floats 7, ints 8, strings 9, type 20 (3 s, 6 floats, 7 ints, 8 strings)
function floats(name, values) {
  const packed = Buffer.from(Float32Array.from(values).buffer);
  return bytes(5, message(bytes(1, name), bytes(7, packed), integer(20, 6)));
}

function integers(name, values) {
  const packed = Buffer.concat(Array.from(values, varint));
  return bytes(5, message(bytes(1, name), bytes(8, packed), integer(20, 7)));
}

function strings(name, values) {
  const list = Buffer.concat(values.map((value) => bytes(9, value)));
  return bytes(5, message(bytes(1, name), list, integer(20, 8)));
}

function string(name, value) {
  return bytes(5, message(bytes(1, name), bytes(4, value), integer(20, 3)));
}

/** ValueInfoProto of a float tensor of [any, width]. */
function tensor(field, name, width) {
  const shape = message(bytes(1, bytes(2, 'n')), bytes(1, integer(1, width)));
  const type = bytes(1, message(integer(1, 1), bytes(2, shape)));
  return bytes(field, message(bytes(1, name), bytes(2, type)));
}

/** The greatest single-precision number ≤ x: the same rows of such numbers lie at or below it. */
function floatBelow(x) {
  const near = Math.fround(x);
  if (near <= x) return near;
  const bits = new Int32Array(Float32Array.of(near).buffer);
  bits[0] += near > 0 ? -1 : 1;
  return new Float32Array(bits.buffer)[0];
}

/**
 * @param {import('@adscale/forest').Forest} forest of numeric features
 * @returns {Buffer} a model from `rows` [n, features] to `mean` [n, 1]
 */
export function onnxOf(forest) {
  const nodes = {
    tree: [],
    id: [],
    feature: [],
    value: [],
    yes: [],
    no: [],
    missing: [],
    mode: [],
  };
  const leaves = { tree: [], id: [], weight: [] };
  forest.trees.forEach((tree, t) => {
    for (let node = 0; node < tree.nodes; node++) {
      const f = tree.feature[node];
      const left = tree.left[node];
      nodes.tree.push(t);
      nodes.id.push(node);
      nodes.mode.push(f < 0 ? 'LEAF' : 'BRANCH_LEQ');
      nodes.feature.push(Math.max(0, f));
      nodes.value.push(f < 0 ? 0 : floatBelow(forest.bins[f].cuts[tree.cut[node]] ?? Infinity));
      nodes.yes.push(left);
      nodes.no.push(f < 0 ? 0 : left + 1);
      nodes.missing.push(tree.missingLeft[node]);
      if (f >= 0) continue;
      leaves.tree.push(t);
      leaves.id.push(node);
      leaves.weight.push(tree.value[node]);
    }
  });
  const operator = message(
    bytes(1, 'rows'),
    bytes(2, 'mean'),
    bytes(4, 'TreeEnsembleRegressor'),
    integers('nodes_treeids', nodes.tree),
    integers('nodes_nodeids', nodes.id),
    integers('nodes_featureids', nodes.feature),
    floats('nodes_values', nodes.value),
    integers('nodes_truenodeids', nodes.yes),
    integers('nodes_falsenodeids', nodes.no),
    integers('nodes_missing_value_tracks_true', nodes.missing),
    strings('nodes_modes', nodes.mode),
    integers('target_treeids', leaves.tree),
    integers('target_nodeids', leaves.id),
    integers('target_ids', new Uint8Array(leaves.id.length)),
    floats('target_weights', leaves.weight),
    targets(1),
    string('aggregate_function', 'AVERAGE'),
    bytes(7, 'ai.onnx.ml'),
  );
  const graph = message(
    bytes(1, operator),
    bytes(2, 'forest'),
    tensor(11, 'rows', forest.schema.features.length),
    tensor(12, 'mean', 1),
  );
  const opset = (domain, version) => bytes(8, message(bytes(1, domain), integer(2, version)));
  return message(integer(1, 8), bytes(7, graph), opset('', 17), opset('ai.onnx.ml', 3));
}

/** `n_targets`, the one plain number among the attributes: i 3, type 2. */
function targets(n) {
  return bytes(5, message(bytes(1, 'n_targets'), integer(3, n), integer(20, 2)));
}

/**
 * ONNX Runtime on the very forest that ours is, one thread.
 * @returns {Promise<{version: string, predict: (rows: Float32Array) => Promise<Float32Array>}>}
 *   `predict` takes rows one after the other
 * @throws Error where the package or its binary is absent
 */
export async function onnxSession(forest) {
  const { default: onnx } = await import('onnxruntime-node');
  const session = await onnx.InferenceSession.create(onnxOf(forest), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const width = forest.schema.features.length;
  return {
    version: `ONNX Runtime ${onnx.env.versions.node}`,
    async predict(rows) {
      const tensor = new onnx.Tensor('float32', rows, [rows.length / width, width]);
      const { mean } = await session.run({ rows: tensor });
      return mean.data;
    },
  };
}
