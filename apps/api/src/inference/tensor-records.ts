import type { Feature, Schema } from '@adscale/forest';
import type { RecordValues } from '../record/record-examples.js';
import { got, refusal } from './inference-errors.js';
import { NUMBER_TYPES, type Tensor } from './tensors.js';

/**
 * The records that input tensors hold, in either of two forms:
 *
 * - a tensor for each feature, by its name, [n] or [n, 1]; words as BYTES
 * - one tensor [n, features] of numbers in the order of the schema; words by their place in the
 *   list of categories, from 0
 *
 * What values may be is for the validation of records to say.
 * @throws ProblemError INVALID_INFERENCE
 */
export function recordsOf(tensors: readonly Tensor[], schema: Schema): RecordValues[] {
  const [first] = tensors;
  const { features } = schema;
  const isMatrix = first?.shape.length === 2 && first.shape[1] === features.length;
  const isFeature = features.some(({ name }) => name === first?.name);
  if (tensors.length === 1 && isMatrix && !isFeature) return fromMatrix(first, features);
  return fromColumns(tensors, features);
}

function fromMatrix({ name, shape, datatype, data }: Tensor, features: readonly Feature[]) {
  if (!NUMBER_TYPES.includes(datatype)) {
    throw refusal(`input ${got(name)}: datatype is ${datatype}, wanted numbers, words by place`);
  }
  const width = features.length;
  return Array.from({ length: shape[0] }, (_, row) => {
    const record: RecordValues = {};
    for (let f = 0; f < width; f++) {
      const feature = features[f];
      const value = data[row * width + f] as number;
      // A place that is none stays a number, which validation refuses.
      record[feature.name] =
        feature.kind === 'categorical' ? (feature.categories[value] ?? value) : value;
    }
    return record;
  });
}

function fromColumns(tensors: readonly Tensor[], features: readonly Feature[]): RecordValues[] {
  const columns = features.map((feature) => columnOf(feature, tensors));
  const names = features.map(({ name }) => name);
  const stranger = tensors.find(({ name }) => !names.includes(name));
  if (stranger !== undefined) {
    const wanted = `${names.join(', ')}, or a single input of shape [n, ${names.length}]`;
    throw refusal(`input ${got(stranger.name)} is not one of this model, wanted ${wanted}`);
  }
  const rows = columns[0].length;
  const odd = columns.findIndex(({ length }) => length !== rows);
  if (odd >= 0) {
    const lengths = `${columns[odd].length}, and that of ${names[0]} ${rows}`;
    throw refusal(`the length of input ${names[odd]} is ${lengths}: wanted all alike`);
  }
  return Array.from({ length: rows }, (_, row) => {
    const record: RecordValues = {};
    for (let f = 0; f < names.length; f++) record[names[f]] = columns[f][row];
    return record;
  });
}

function columnOf({ name, kind }: Feature, tensors: readonly Tensor[]) {
  const named = tensors.filter((tensor) => tensor.name === name);
  if (named.length !== 1) {
    throw refusal(`${named.length} inputs are named ${name}, wanted one`);
  }
  const [{ shape, datatype, data }] = named;
  if (shape.length === 2 && shape[1] !== 1) {
    throw refusal(`input ${name}: shape is [${shape.join(', ')}], wanted [n] or [n, 1]`);
  }
  if ((kind === 'categorical') !== (datatype === 'BYTES')) {
    const wanted = kind === 'categorical' ? 'BYTES' : `one of ${NUMBER_TYPES.join(', ')}`;
    throw refusal(`input ${name}: datatype is ${datatype}, wanted ${wanted}`);
  }
  return data as readonly (number | string)[];
}
