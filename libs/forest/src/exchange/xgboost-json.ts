/*
 * XGBoost's own model files, as JSON (doc/model.schema of XGBoost). Of a tree, by node:
 *
 *   left_children    −1 in a leaf
 *   split_indices    the feature tested
 *   split_conditions float32(x) < it goes left; in a leaf, the leaf's value
 *   default_left     where missing goes
 *   sum_hessian      training weight, and loss_changes what a split saved: for explanations
 *
 * Trees add up to a margin. base_score is told on the scale of the prediction, its link's is the margin's.
 */
import {
  assembleForest,
  importInvalid,
  importSchema,
  importUnsupported,
  TreeDraft,
  type ImportOptions,
} from './assemble.js';
import { lastRoundingTo, nextDown32 } from './float32.js';
import { objectOf, show, type Json } from './json.js';
import type { Forest } from '../model/forest.js';
import type { Feature, Schema } from '../data/schema.js';
import type { Link } from '../trees/links.js';

const linkOf: Readonly<Record<string, Link>> = {
  'reg:squarederror': 'identity',
  'reg:absoluteerror': 'identity',
  'reg:pseudohubererror': 'identity',
  'reg:quantileerror': 'identity',
  'binary:logistic': 'logit',
  'reg:logistic': 'logit',
  'count:poisson': 'log',
  'reg:gamma': 'log',
  'reg:tweedie': 'log',
};

/**
 * A `gbtree` model of XGBoost as a forest of one part, whose one member is the sum of all its trees.
 * Objectives: squared, absolute, quantile and pseudo-Huber errors (identity link), `binary:logistic` and
 * `reg:logistic` (logit), `count:poisson`, `reg:gamma` and `reg:tweedie` (log); one output.
 *
 * Rows fall into the leaves that they fall into there, where numbers are float32: a row of doubles
 * predicts what its rounded numbers would. Sums and links are computed in doubles, there in float32:
 * expect differences around 1e-7 of the largest partial sum. All trees count, also those after
 * `best_iteration`. Covers and gains are kept, so that TreeSHAP gives what XGBoost's `pred_contribs` do.
 * @param json what `save_model('model.json')` wrote, parsed
 * @param options `schema` to name the features; default: numeric features by the names in the file, or
 *   x0, x1, …
 * @throws ForestError IMPORT_INVALID; IMPORT_UNSUPPORTED for other boosters and objectives, several
 *   outputs and tests of categories; SCHEMA_INVALID
 */
export function fromXgboost(json: unknown, options: ImportOptions = {}): Forest {
  const learner = objectIn(objectOf(json, 'the model'), 'learner');
  const parameters = objectIn(learner, 'learner_model_param');
  const booster = objectIn(learner, 'gradient_booster');
  if (booster['name'] !== 'gbtree') {
    importUnsupported(`its booster is ${show(booster['name'])}, wanted "gbtree"`);
  }
  const { name: objective } = objectIn(learner, 'objective');
  const link = typeof objective === 'string' ? linkOf[objective] : undefined;
  if (link === undefined) importUnsupported(`its objective is ${show(objective)}`);
  for (const count of ['num_class', 'num_target']) {
    const outputs = Number(parameters[count] ?? 0);
    if (!(outputs <= 1)) importUnsupported(`its ${count} is ${outputs}, wanted one output`);
  }
  const width = Number(parameters['num_feature']);
  if (!Number.isInteger(width) || width < 1) importInvalid(`num_feature is ${width}`);
  const schema = importSchema(options.schema ?? ownSchema(learner, width), width, true);
  const { trees } = objectIn(booster, 'model');
  if (!Array.isArray(trees)) importInvalid('it has no list of trees');
  const drafts = trees.map((tree: unknown, t) => readTree(objectOf(tree, `tree ${t}`), width));
  const base = marginOf(link, parameters['base_score']);
  const part = { link, base, weight: 1, members: [drafts.length] };
  return assembleForest(schema, drafts, [part]);
}

function ownSchema(learner: Json, width: number): Schema | undefined {
  const names: unknown = learner['feature_names'];
  if (!Array.isArray(names) || names.length !== width) return undefined;
  return {
    features: names.map((name: unknown): Feature => ({ name: String(name), kind: 'numeric' })),
  };
}

/** A base score on the scale of the link; XGBoost 3 writes it as a list of one. */
function marginOf(link: Link, told: unknown): number {
  const score = typeof told === 'string' ? Number(told.replace(/^\[|\]$/g, '')) : NaN;
  const margin =
    link === 'identity' ? score : Math.log(link === 'log' ? score : score / (1 - score));
  if (!Number.isFinite(margin)) importInvalid(`base_score is ${show(told)}`);
  return margin;
}

function readTree(tree: Json, width: number): TreeDraft {
  const left = numbersIn(tree, 'left_children');
  const right = numbersIn(tree, 'right_children', left.length);
  const features = numbersIn(tree, 'split_indices', left.length);
  const conditions = numbersIn(tree, 'split_conditions', left.length);
  const defaults = numbersIn(tree, 'default_left', left.length);
  const covers = numbersIn(tree, 'sum_hessian', left.length);
  const gains = numbersIn(tree, 'loss_changes', left.length);
  const { categories_nodes: categorical } = tree;
  if (Array.isArray(categorical) && categorical.length > 0) {
    importUnsupported('its trees test categories, wanted numbers only');
  }
  const draft = new TreeDraft();
  const seen = new Set<number>();
  const stack: [node: number, at: number][] = [[0, 0]];
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const [node, at] = next;
    if (!(node in left) || seen.has(node)) importInvalid(`node ${node} is absent or met twice`);
    seen.add(node);
    if (left[node] === -1) {
      draft.leaf(at, conditions[node], covers[node]);
      continue;
    }
    const feature = features[node];
    if (!Number.isInteger(feature) || feature < 0 || feature >= width) {
      importInvalid(`a node tests feature ${feature} of ${width}`);
    }
    const bound = lastRoundingTo(nextDown32(Math.fround(conditions[node])));
    const child = draft.split(at, feature, bound, defaults[node] === 1);
    draft.saved(at, gains[node]);
    stack.push([right[node], child + 1], [left[node], child]);
  }
  return draft;
}

function objectIn(parent: Json, name: string): Json {
  return objectOf(parent[name], name);
}

/** A list of finite numbers; files of later versions tell some lists in true and false. */
function numbersIn(tree: Json, name: string, wanted?: number): readonly number[] {
  const list: unknown = tree[name];
  if (!Array.isArray(list) || (wanted !== undefined && list.length !== wanted)) {
    importInvalid(`${name} of a tree is no list of ${wanted ?? 'numbers'}`);
  }
  const numbers = list.map((value: unknown) => (typeof value === 'boolean' ? +value : value));
  if (!numbers.every((value) => Number.isFinite(value))) importInvalid(`${name} holds no numbers`);
  return numbers as number[];
}
