/*
 * Models of ml.js. A node of ml-cart is
 *
 *   inner  { splitColumn, splitValue, left, right }     row[splitColumn] < splitValue goes left
 *   leaf   { distribution }                             the prediction
 *
 * and a NaN, which is below nothing, goes right. ml-random-forest shows each estimator its own
 * choice of columns and takes the mean (or the median, which no mean of trees can say).
 */
import {
  assembleForest,
  importInvalid,
  importSchema,
  importUnsupported,
  TreeDraft,
  type ImportOptions,
} from './assemble.js';
import type { Forest } from '../model/forest.js';
import { nextDown } from './float32.js';
import { objectOf, show, type Json } from './json.js';

const MAX_COLUMN = 1023;

/**
 * A `DecisionTreeRegression` of ml-cart as a forest of one tree, with exactly its predictions.
 * @param json what its `toJSON()` gave, or that after JSON.stringify and JSON.parse
 * @param options `schema` if the tree does not test the last features: its JSON does not say how
 *   many there are, so by default they end at the last one tested
 * @throws ForestError IMPORT_INVALID, IMPORT_UNSUPPORTED, SCHEMA_INVALID
 */
export function fromMlCart(json: unknown, options: ImportOptions = {}): Forest {
  const reader = new CartReader();
  const draft = reader.read(json, null);
  return assembleForest(importSchema(options.schema, reader.width, false), [draft]);
}

/**
 * A `RandomForestRegression` of ml-random-forest as a forest, equal to its predictions up to the
 * order of additions.
 * @param json what its `toJSON()` gave, or that after JSON.stringify and JSON.parse
 * @param options `schema` if no estimator was shown the last features
 * @throws ForestError IMPORT_INVALID; IMPORT_UNSUPPORTED for classifiers and the median;
 *   SCHEMA_INVALID
 */
export function fromMlRandomForest(json: unknown, options: ImportOptions = {}): Forest {
  const model = objectOf(json, 'the model');
  checkName(model, 'RFRegression', 'RFClassifier');
  if (model['selectionMethod'] !== 'mean') {
    importUnsupported(`selectionMethod is ${show(model['selectionMethod'])}, wanted "mean"`);
  }
  const base = objectOf(model['baseModel'], 'baseModel');
  const { estimators, indexes } = base;
  if (!Array.isArray(estimators) || !Array.isArray(indexes)) {
    importInvalid('baseModel wants lists of estimators and indexes');
  }
  if (estimators.length !== indexes.length) {
    importInvalid(`it has ${estimators.length} estimators and ${indexes.length} lists of columns`);
  }
  const reader = new CartReader();
  const drafts = estimators.map((estimator: unknown, e) => {
    const columns: unknown = indexes[e];
    if (!Array.isArray(columns)) importInvalid(`indexes of estimator ${e} are no list`);
    return reader.read(estimator, columns);
  });
  return assembleForest(importSchema(options.schema, reader.width, false), drafts);
}

class CartReader {
  /** Features seen so far. */
  width = 0;
  /** JSON text holds every object once; an object met twice is a cycle, or about to be one. */
  private readonly seen = new Set<unknown>();

  /** @param columns the model's features that the tree was shown; null: all, as they are */
  read(json: unknown, columns: readonly unknown[] | null): TreeDraft {
    const tree = objectOf(json, 'a tree');
    checkName(tree, 'DTRegression', 'DTClassifier');
    const features = columns?.map((column) => this.column(column, 'indexes hold'));
    const draft = new TreeDraft();
    const stack: [node: number, json: unknown][] = [[0, tree['root']]];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      const [node, unread] = next;
      const source = objectOf(unread, 'a node');
      if (this.seen.has(source)) importInvalid('a node has two parents');
      this.seen.add(source);
      if (source['distribution'] !== undefined) {
        draft.leaf(node, numberOf(source['distribution'], 'distribution'));
        continue;
      }
      const feature = this.featureOf(source['splitColumn'], features);
      const bound = nextDown(numberOf(source['splitValue'], 'splitValue'));
      const left = draft.split(node, feature, bound, false);
      stack.push([left + 1, source['right']], [left, source['left']]);
    }
    return draft;
  }

  private featureOf(splitColumn: unknown, features: readonly number[] | undefined): number {
    const column = this.column(splitColumn, 'splitColumn is', features === undefined);
    if (features === undefined) return column;
    if (column >= features.length) {
      importInvalid(`splitColumn is ${column}, its estimator has ${features.length} columns`);
    }
    return features[column];
  }

  private column(value: unknown, what: string, counts = true): number {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > MAX_COLUMN) {
      importInvalid(`${what} ${show(value)}, wanted a whole number from 0 to ${MAX_COLUMN}`);
    }
    if (counts) this.width = Math.max(this.width, value + 1);
    return value;
  }
}

function checkName(model: Json, wanted: string, classifier: string): void {
  const { name } = model;
  if (name === classifier) importUnsupported(`it is a classifier (${classifier})`);
  if (name !== wanted) importInvalid(`name is ${show(name)}, wanted "${wanted}"`);
}

/** A JSON number. −∞ as a bound would let nothing pass, and JSON cannot write it. */
function numberOf(value: unknown, what: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) {
    importInvalid(`${what} is ${show(value)}, wanted a number`);
  }
  return value;
}
