import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ForestError } from '../../src/index.js';
import { fromOnnx, type ImportOptions } from '../../src/onnx/index.js';
import { ensembleBytes, type EnsembleFile, type EnsembleNode } from '../onnx-ensemble.js';

const bytes = readFileSync(join(__dirname, '../fixtures/onnx/xgboost-forest.onnx'));

const outcomeOf = (file: Uint8Array, options?: ImportOptions): string => {
  try {
    fromOnnx(file, options).compile();
    return 'read';
  } catch (error) {
    if (error instanceof ForestError) return error.code;
    throw error;
  }
};

const branch = (id: number, yes: number, no: number): EnsembleNode => ({
  id,
  mode: 'BRANCH_LEQ',
  threshold: id,
  yes,
  no,
});
const leaf = (id: number): EnsembleNode => ({ id, mode: 'LEAF', weight: id });
const stump = [branch(0, 1, 2), leaf(1), leaf(2)];

const classifier = { opType: 'TreeEnsembleClassifier', labels: [0, 1] };

const invalid: [string, EnsembleFile][] = [
  ['a node that is its own child', { nodes: [branch(0, 1, 2), branch(1, 1, 2), leaf(2)] }],
  ['a root that is a child', { nodes: [branch(0, 1, 2), branch(1, 0, 2), leaf(2)] }],
  [
    'a circle below the root',
    { nodes: [branch(0, 1, 3), branch(1, 2, 3), branch(2, 1, 3), leaf(3)] },
  ],
  ['two roots', { nodes: [...stump, leaf(3)] }],
  ['a child that is not there', { nodes: [branch(0, 1, 9), leaf(1), leaf(2)] }],
  ['two nodes of one number', { nodes: [...stump, leaf(2)] }],
  ['a leaf of no tree', { nodes: stump, change: (lists) => lists['target_treeids'].fill(5) }],
  ['a list cut short', { nodes: stump, change: (lists) => lists['nodes_values'].pop() }],
  ['no values', { nodes: stump, change: (lists) => delete lists['nodes_values'] }],
  ['weights without nodes', { nodes: stump, change: (lists) => lists['target_nodeids'].pop() }],
  ['a second target', { nodes: stump, change: (lists) => lists['target_ids'].fill(1) }],
  ['two base values', { nodes: stump, change: (lists) => (lists['base_values'] = [1, 2]) }],
  ['a threshold that is no number', { nodes: [{ ...stump[0], threshold: NaN }, leaf(1), leaf(2)] }],
  ['a leaf that is no number', { nodes: [stump[0], leaf(1), { ...leaf(2), weight: NaN }] }],
  ['an endless leaf', { nodes: [stump[0], leaf(1), { ...leaf(2), weight: Infinity }] }],
  ['a test of a feature past the last', { nodes: [{ ...stump[0], feature: 3 }, leaf(1), leaf(2)] }],
  ['no nodes', { nodes: [] }],
  ['an endless base value', { nodes: stump, base: Infinity }],
  ['a base value of votes for the second class', { nodes: stump, ...classifier, vote: 1, base: 1 }],
  ['a vote for a third class', { nodes: stump, ...classifier, vote: 2 }],
];

const unsupported: [string, EnsembleFile][] = [
  ['a maximum of trees', { nodes: stump, aggregate: 'MAX' }],
  ['another transformed result', { nodes: stump, transform: 'PROBIT' }],
  ['a result transformed twice', { nodes: stump, transform: 'LOGISTIC', behind: ['Sigmoid'] }],
  ['two transforms behind it', { nodes: stump, behind: ['Sigmoid', 'Exp'] }],
  ['a product of nothing', { nodes: stump, behind: ['Mul'] }],
  ['two targets', { nodes: stump, targets: 2 }],
  ['a classifier of three', { nodes: stump, ...classifier, labels: [0, 1, 2] }],
  ['a classifier of none', { nodes: stump, opType: 'TreeEnsembleClassifier' }],
  ['classes by SOFTMAX', { nodes: stump, ...classifier, transform: 'SOFTMAX' }],
  ['the later operator', { nodes: stump, opType: 'TreeEnsemble' }],
  ['another operator', { nodes: stump, opType: 'Scaler' }],
  ['text for input', { nodes: stump, casts: [8] }],
  ['unknown tests', { nodes: [{ ...stump[0], mode: 'BRANCH_MEMBER' }, leaf(1), leaf(2)] }],
  ['more features than a schema holds', { nodes: stump, width: 4_000_000_000 }],
];

/** `levels` nodes whose both children are the next: 2^levels paths. */
const doubling = (levels: number, mode: string): EnsembleNode[] => [
  ...Array.from({ length: levels }, (_, id) => ({
    id: 2 * id,
    mode,
    feature: id,
    threshold: 1,
    yes: 2 * id + 1,
    no: 2 * id + 2,
  })),
  ...Array.from({ length: levels }, (_, id) => ({
    ...branch(2 * id + 1, 2 * id + 2, 2 * id + 2),
    feature: 500,
  })),
  leaf(2 * levels),
];

/** Every node's other child is a leaf. */
const deep = (levels: number, threshold: (id: number) => number): EnsembleNode[] => [
  ...Array.from({ length: levels }, (_, id) => ({
    ...branch(id, levels + id, id === levels - 1 ? 2 * levels : id + 1),
    threshold: threshold(id),
  })),
  ...Array.from({ length: levels + 1 }, (_, i) => leaf(levels + i)),
];

describe('an ONNX file', () => {
  it('is refused when cut short, at any byte', () => {
    for (let length = 0; length < bytes.length; length += length < 200 ? 1 : 61) {
      expect(outcomeOf(bytes.subarray(0, length))).toBe('IMPORT_INVALID');
    }
  });

  it('is read or refused with a bit flipped, anywhere, but never breaks', () => {
    const outcomes = new Set<string>();
    for (let at = 0; at < bytes.length; at += at < 200 ? 1 : 17) {
      const file = Uint8Array.from(bytes);
      file[at] ^= 1 << (at % 8);
      outcomes.add(outcomeOf(file));
    }
    const known = ['IMPORT_INVALID', 'IMPORT_UNSUPPORTED', 'read'];
    expect([...outcomes].sort()).toEqual(known);
  });

  it('is refused when it is something else', () => {
    for (const text of ['', '{"name": "RFRegression"}', 'ADSF', '\u0000'.repeat(100)]) {
      expect(outcomeOf(Buffer.from(text))).toBe('IMPORT_INVALID');
    }
    expect(outcomeOf(new Uint8Array(1000).fill(255))).toBe('IMPORT_INVALID');
  });

  it.each(invalid)('is refused with %s', (_, file) => {
    expect(outcomeOf(ensembleBytes(file))).toBe('IMPORT_INVALID');
  });

  it.each(unsupported)('is turned away with %s', (_, file) => {
    expect(outcomeOf(ensembleBytes(file))).toBe('IMPORT_UNSUPPORTED');
  });

  it('is turned away when shared nodes would outgrow it', () => {
    const nodes = doubling(60, 'BRANCH_LEQ');
    expect(outcomeOf(ensembleBytes({ nodes, width: 501 }))).toBe('IMPORT_UNSUPPORTED');
    const categories = ['a', 'b', 'c'];
    const features = Array.from({ length: 501 }, (_, f) => ({
      name: `c${f}`,
      kind: 'categorical' as const,
      categories,
    }));
    const file = ensembleBytes({ nodes, width: 501 });
    expect(outcomeOf(file, { schema: { features } })).toBe('IMPORT_UNSUPPORTED');
  });

  it('may be a thousand tests deep, and no deeper', () => {
    const file = (levels: number): Uint8Array => ensembleBytes({ nodes: deep(levels, (id) => id) });
    expect(outcomeOf(file(1024))).toBe('read');
    expect(outcomeOf(file(1025))).toBe('IMPORT_UNSUPPORTED');
    expect(outcomeOf(file(20_000))).toBe('IMPORT_UNSUPPORTED');
  });

  it('may hold any number of tests that change nothing', () => {
    expect(outcomeOf(ensembleBytes({ nodes: deep(20_000, () => 1) }))).toBe('read');
  });

  it('is turned away with more thresholds than compiled nodes can name', () => {
    const trees = (count: number): EnsembleNode[] =>
      Array.from({ length: count }, (_, tree) =>
        deep(1000, (id) => 1000 * tree + id).map((node) => ({ ...node, tree })),
      ).flat();
    expect(outcomeOf(ensembleBytes({ nodes: trees(66) }))).toBe('IMPORT_UNSUPPORTED');
  });

  it('is refused with a schema of other features', () => {
    const features = [{ name: 'a', kind: 'numeric' as const }];
    expect(outcomeOf(bytes, { schema: { features } })).toBe('IMPORT_INVALID');
    expect(outcomeOf(bytes, { schema: { features: [] } })).toBe('SCHEMA_INVALID');
  });
});
