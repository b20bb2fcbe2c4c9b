/* From the table to the body of a request, and from a refusal back to the cell that it is about. */
import type { FieldError } from '../api/problem.js';
import { type Column, readCell } from './columns.js';
import type { Decision, Setting, Settings } from './decisions.js';
import { isBlank, type Row } from './rows.js';

/** What is wrong, and where: in a cell, a setting, or neither. */
export interface Wrong {
  readonly row?: number;
  readonly key?: string;
  readonly setting?: string;
  readonly message: string;
}

export type Entry = Record<string, unknown> & { record?: Record<string, unknown> };

/** A row as the service takes it. */
export function entryOf(columns: readonly Column[], { cells }: Row): Entry {
  const entry: Entry = { record: {} };
  for (const column of columns) {
    const { value } = readCell(column, cells[column.key] ?? '');
    if (value === undefined || column.key === 'day') continue;
    const dot = column.key.indexOf('.');
    if (dot < 0) entry[column.key] = value;
    else {
      const part = column.key.slice(0, dot);
      const inner = (entry[part] ??= {}) as Record<string, unknown>;
      // A feature may have any name, and none of them may reach what objects are made of.
      Object.defineProperty(inner, column.key.slice(dot + 1), {
        ...{ value, enumerable: true, configurable: true, writable: true },
      });
    }
  }
  return entry;
}

/** Rows that hold anything, by their places in the table. */
export function filledRows(rows: readonly Row[], columns: readonly Column[]): number[] {
  const holds = (row: Row) => columns.some(({ key }) => row.cells[key] !== undefined);
  return rows.flatMap((row, i) => (!isBlank(row) && holds(row) ? [i] : []));
}

/** What is wrong in the rows, by the rules of their columns. */
export function wrongCells(
  rows: readonly Row[],
  columns: readonly Column[],
  places: readonly number[],
): Wrong[] {
  return places.flatMap((row) => wrongIn(rows[row], columns).map((wrong) => ({ ...wrong, row })));
}

/** A row is never changed, only replaced: what is wrong in it is looked for once. */
const known = new WeakMap<readonly Column[], WeakMap<Row, readonly Wrong[]>>();

function wrongIn(row: Row, columns: readonly Column[]): readonly Wrong[] {
  const before = known.get(columns) ?? new WeakMap<Row, readonly Wrong[]>();
  known.set(columns, before);
  const found = before.get(row) ?? columns.flatMap((column) => wrongOf(column, row));
  before.set(row, found);
  return found;
}

function wrongOf(column: Column, { cells }: Row): Wrong[] {
  const { key, label, isNeeded } = column;
  const text = cells[key] ?? '';
  if (text === '' && isNeeded) return [{ key, message: `${label} is needed` }];
  const { error } = readCell(column, text);
  return error === undefined ? [] : [{ key, message: `“${short(text)}”: ${error}` }];
}

const short = (text: string) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

const asColumn = ({ name, label, kind }: Setting): Column => ({
  ...{ key: name, name, label, isNeeded: false },
  kind: kind === 'number' || kind === 'integer' ? kind : 'text',
});

/** Settings as the service takes them, or what is wrong with them. */
export function readSettings(settings: readonly Setting[], given: Settings) {
  const values: Record<string, number | string> = {};
  const wrong: Wrong[] = [];
  for (const setting of settings) {
    const { name, label, isNeeded } = setting;
    const { value, error } = readCell(asColumn(setting), (given[name] ?? '').trim());
    if (error !== undefined) wrong.push({ setting: name, message: error });
    else if (value !== undefined) values[name] = value;
    else if (isNeeded) wrong.push({ setting: name, message: `${label} is needed` });
  }
  return { values, wrong };
}

/** Settings that only this page knows: they are not sent. */
const OWN = ['a', 'b', 'daily', 'from', 'base', 'across', 'down'];

/** What to ask, of which rows; or what has to be put right before. */
export type Asking =
  | { readonly body: Record<string, unknown>; readonly places: readonly number[] }
  | { readonly wrong: readonly Wrong[] };

export interface Filled {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly given: Settings;
}

/** The request of a decision, from all that was typed. */
export function requestOf(decision: Decision, { columns, rows, given }: Filled): Asking {
  const { values, wrong } = readSettings(decision.settings, given);
  const sent = Object.fromEntries(
    Object.entries(values).filter(([name, value]) => !OWN.includes(name) && value !== 'auto'),
  );
  const chosen = chosenRows(decision, rows, columns, given);
  wrong.push(...chosen.wrong, ...wrongCells(rows, columns, chosen.places));
  if (chosen.places.length > decision.most) {
    const message = `${chosen.places.length} rows, and at most ${decision.most} can be asked of`;
    wrong.push({ message });
  }
  if (wrong.length > 0) return { wrong };
  const entries = chosen.places.map((place) => entryOf(columns, rows[place]));
  return { body: bodyOf(decision, entries, sent, given, columns), places: chosen.places };
}

function bodyOf(
  { name, list }: Decision,
  entries: readonly Entry[],
  sent: Record<string, unknown>,
  given: Settings,
  columns: readonly Column[],
): Record<string, unknown> {
  if (name === 'compare') return { a: entries[0].record, b: entries[1].record, ...sent };
  if (isGrid(name, given)) {
    return { base: entries[0].record, vary: variedOf(columns, given), ...sent };
  }
  return { ...sent, [list!]: entries };
}

export const isGrid = (name: string, { from }: Settings): boolean =>
  name === 'opportunities' && from === 'grid';

function chosenRows(
  { name }: Decision,
  rows: readonly Row[],
  columns: readonly Column[],
  given: Settings,
): { places: number[]; wrong: Wrong[] } {
  const filled = filledRows(rows, columns);
  if (filled.length === 0) return { places: [], wrong: [{ message: 'The table is empty' }] };
  const picks = name === 'compare' ? ['a', 'b'] : isGrid(name, given) ? ['base'] : undefined;
  if (picks === undefined) return { places: filled, wrong: [] };
  const places: number[] = [];
  const wrong: Wrong[] = [];
  for (const [i, setting] of picks.entries()) {
    const place = Number(given[setting] || i + 1) - 1;
    if (filled.includes(place)) places.push(place);
    else wrong.push({ setting, message: `wanted the number of a row that is filled in` });
  }
  return { places: wrong.length > 0 ? [] : places, wrong };
}

/** Values that each feature takes in turn, from the settings `vary.<feature>`: a list with commas. */
export function variedOf(columns: readonly Column[], given: Settings): Record<string, unknown> {
  const varied: Record<string, unknown> = {};
  for (const column of columns) {
    const text = given[`vary.${column.name}`]?.trim() ?? '';
    if (!column.key.startsWith('record.') || text === '') continue;
    const parts = text.split(',').map((part) => part.trim());
    // Of words a number says how many of the commonest.
    const isCount = column.kind === 'word' && parts.length === 1 && /^\d+$/.test(parts[0]);
    varied[column.name] = isCount
      ? Number(parts[0])
      : parts.filter((part) => part !== '').map((part) => readCell(column, part).value ?? part);
  }
  return varied;
}

/**
 * Where in the table the service found something wrong.
 * @param places rows of the table in the order that they were sent
 */
export function placeOf(
  { field, message }: FieldError,
  decision: Decision,
  { columns, given }: Filled,
  places: readonly number[],
): Wrong {
  const inList = /^\w+\[(\d+)\]\.?(.*)$/.exec(field);
  const inRecord = /^(a|b|base)\.(.*)$/.exec(field);
  const varied = /^vary\.([^[]+)/.exec(field);
  if (varied && isGrid(decision.name, given)) return { setting: `vary.${varied[1]}`, message };
  const row = inList ? places[Number(inList[1])] : places[inRecord?.[1] === 'b' ? 1 : 0];
  if (inList || inRecord) {
    const path = inList ? inList[2] : `record.${inRecord![2]}`;
    const column = columns.find(({ key }) => key === path || key.startsWith(`${path}.`));
    return { row, message, ...(column && { key: column.key }) };
  }
  return decision.settings.some(({ name }) => name === field)
    ? { setting: field, message }
    : { message };
}
