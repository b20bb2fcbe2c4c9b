/* Rows of the table, and what is written of them. */
import type { DecisionName, Settings } from './decisions.js';

export interface Row {
  readonly id: number;
  /** Texts by the key of their column; an empty cell has none. */
  readonly cells: Readonly<Record<string, string>>;
}

/** A cell to be filled. */
export interface Change {
  /** Place of the row; rows that there are not yet are made. */
  readonly row: number;
  readonly key: string;
  readonly text: string;
}

export const isBlank = ({ cells }: Row): boolean => Object.keys(cells).length === 0;

/** What is kept, or shared: rows without the ids that only this page knows. */
export interface Written {
  readonly rows: readonly Row['cells'][];
  readonly settings: Readonly<Partial<Record<DecisionName, Settings>>>;
}

const isTexts = (value: unknown): value is Record<string, string> =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).every((text) => typeof text === 'string');

/** What was written, if it is that: it comes from outside. */
export function asWritten(value: unknown): Written | undefined {
  const { rows, settings } = (value ?? {}) as Partial<Record<keyof Written, unknown>>;
  const isRight =
    Array.isArray(rows) &&
    rows.every(isTexts) &&
    typeof settings === 'object' &&
    settings !== null &&
    Object.values(settings).every(isTexts);
  return isRight ? ({ rows, settings } as Written) : undefined;
}
