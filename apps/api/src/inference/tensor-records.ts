import type { FieldContract, RecordContract, WordEncoding } from '@adscale/ctr';
import type { RecordValues } from '../record/record-examples.js';
import { isText } from '../model/share.js';
import { got, refusal } from './inference-errors.js';
import { isWritten } from './inference-metadata.js';
import { NUMBER_TYPES } from './datatypes.js';
import type { Tensor } from './tensors.js';

/**
 * Turns input tensors into records. They have one of two forms:
 *
 * - a tensor for each feature, by its name, [n] or [n, 1]; categories and
 *   words as BYTES, words that are whole numbers as numbers. The tensor of a
 *   feature that may be absent may be left out.
 * - one tensor [n, features] of numbers in the order of the schema; categories by their place in the
 *   list, from 0; words that are texts by their number in the vocabulary of the model that answers,
 *   the commonest 0, and −1 for one that it does not know; words that are whole numbers as they are
 *
 * null stands for a value that a record may lack. Values are not checked here: the contract does that
 * when it reads the records.
 * @param words of the model that answers
 * @throws ProblemError INVALID_INFERENCE
 */
export function recordsOf(
  tensors: readonly Tensor[],
  { fields }: RecordContract,
  words?: WordEncoding,
): Partial<RecordValues>[] {
  const [first] = tensors;
  const isMatrix = first?.shape.length === 2 && first.shape[1] === fields.length;
  const isFeature = fields.some(({ name }) => name === first?.name);
  if (tensors.length === 1 && isMatrix && !isFeature) return fromMatrix(first, fields, words);
  return fromColumns(tensors, fields);
}

/** Whether a tensor may hold null: a feature's if it may be absent, a matrix if any of them may. */
export function mayLack({ fields }: RecordContract, tensor: string): boolean {
  const field = fields.find(({ name }) => name === tensor);
  return field?.optional ?? fields.some(({ optional }) => optional);
}

function fromMatrix(
  { name, shape, datatype, data }: Tensor,
  fields: readonly FieldContract[],
  words: WordEncoding | undefined,
) {
  if (!NUMBER_TYPES.includes(datatype)) {
    throw refusal(`input ${got(name)}: datatype is ${datatype}, wanted numbers, words by place`);
  }
  const width = fields.length;
  return Array.from({ length: shape[0] }, (_, row) => {
    const record: RecordValues = {};
    for (let f = 0; f < width; f++) {
      const { feature } = fields[f];
      const value = data[row * width + f] as number;
      if (isText(feature)) record[feature.name] = textOf(words, feature.name, f, value, row);
      // A place that is none stays a number, which the contract refuses.
      else {
        record[feature.name] =
          feature.kind === 'categorical' ? (feature.categories[value] ?? value) : value;
      }
    }
    return record;
  });
}

/** The word of a number; the empty text, which no model knows, for −1 and for null. */
function textOf(
  words: WordEncoding | undefined,
  name: string,
  f: number,
  number: number | null,
  row: number,
): string {
  if (number === -1 || number === null) return '';
  const size = words?.vocabularies[name].size ?? 0;
  if (Number.isInteger(number) && number >= 0 && number < size) return words!.wordOf(f, number);
  const wanted = `-1 or the number of a word in the model's vocabulary, 0 to ${size - 1}`;
  throw refusal(`row ${row}: ${name} is ${number}, wanted ${wanted}`);
}

function fromColumns(tensors: readonly Tensor[], fields: readonly FieldContract[]) {
  const columns = fields.flatMap((field) => columnOf(field, tensors));
  const names = fields.map(({ name }) => name);
  const stranger = tensors.find(({ name }) => !names.includes(name));
  if (stranger !== undefined) {
    const wanted = `${names.join(', ')}, or a single input of shape [n, ${names.length}]`;
    throw refusal(`input ${got(stranger.name)} is not one of this model, wanted ${wanted}`);
  }
  const [{ name: first, data }] = columns;
  const rows = data.length;
  const odd = columns.find((column) => column.data.length !== rows);
  if (odd !== undefined) {
    const lengths = `${odd.data.length}, and that of ${first} ${rows}`;
    throw refusal(`the length of input ${odd.name} is ${lengths}: wanted all alike`);
  }
  return Array.from({ length: rows }, (_, row) => {
    const record: Partial<RecordValues> = {};
    for (const { name, data } of columns) record[name] = data[row] as number | string;
    return record;
  });
}

/** The tensor of a field, or none where it may be absent. */
function columnOf({ name, feature, optional }: FieldContract, tensors: readonly Tensor[]) {
  const named = tensors.filter((tensor) => tensor.name === name);
  if (named.length === 0 && optional) return [];
  if (named.length !== 1) {
    throw refusal(`${named.length} inputs are named ${name}, wanted one`);
  }
  const [{ shape, datatype }] = named;
  if (shape.length === 2 && shape[1] !== 1) {
    throw refusal(`input ${name}: shape is [${shape.join(', ')}], wanted [n] or [n, 1]`);
  }
  const isBytes = isWritten(feature);
  if (isBytes !== (datatype === 'BYTES')) {
    const wanted = isBytes ? 'BYTES' : `one of ${NUMBER_TYPES.join(', ')}`;
    throw refusal(`input ${name}: datatype is ${datatype}, wanted ${wanted}`);
  }
  return named;
}
