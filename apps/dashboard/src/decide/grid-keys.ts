/* What keys do in the table, and the ranges of cells that they do it to. */
import type { KeyboardEvent } from 'react';
import type { Column } from './columns.js';
import { draftStore } from './draft.js';
import type { Change, Row } from './rows.js';

export interface Spot {
  readonly row: number;
  readonly column: number;
}

export interface Range {
  readonly rows: readonly [number, number];
  readonly columns: readonly [number, number];
}

export const rangeOf = (spot: Spot, anchor: Spot): Range => ({
  rows: [Math.min(spot.row, anchor.row), Math.max(spot.row, anchor.row)],
  columns: [Math.min(spot.column, anchor.column), Math.max(spot.column, anchor.column)],
});

/** Every cell of a range with the same text. */
export function filledWith(text: string, range: Range, columns: readonly Column[]): Change[] {
  const changes: Change[] = [];
  for (let row = range.rows[0]; row <= range.rows[1]; row++) {
    for (const { key } of columns.slice(range.columns[0], range.columns[1] + 1)) {
      changes.push({ row, key, text });
    }
  }
  return changes;
}

export function textOf(rows: readonly Row[], columns: readonly Column[], range: Range): string {
  const chosen = columns.slice(range.columns[0], range.columns[1] + 1);
  const cell = (text: string) => (/["\t\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  return rows
    .slice(range.rows[0], range.rows[1] + 1)
    .map(({ cells }) => chosen.map(({ key }) => cell(cells[key] ?? '')).join('\t'))
    .join('\n');
}

interface Pressed {
  readonly spot: Spot;
  readonly selected: Range;
  readonly rows: readonly Row[];
  readonly columns: readonly Column[];
  readonly page: number;
  readonly move: (row: number, column: number, isRange?: boolean) => void;
  readonly begin: (text?: string) => void;
}

/** Does what a key asks for. @returns whether it asked for anything */
export function pressed(event: KeyboardEvent, now: Pressed): boolean {
  const { spot, selected, rows, columns, page, move, begin } = now;
  const { key, shiftKey } = event;
  const isCommand = event.ctrlKey || event.metaKey;
  const { row, column } = spot;
  const ways: Record<string, readonly [number, number]> = {
    ArrowUp: [isCommand ? 0 : row - 1, column],
    ArrowDown: [isCommand ? rows.length - 1 : row + 1, column],
    ArrowLeft: [row, isCommand ? 0 : column - 1],
    ArrowRight: [row, isCommand ? columns.length - 1 : column + 1],
    Home: [isCommand ? 0 : row, 0],
    End: [isCommand ? rows.length - 1 : row, columns.length - 1],
    PageUp: [row - page, column],
    PageDown: [row + page, column],
  };
  if (ways[key]) {
    move(...ways[key], shiftKey);
    return true;
  }
  if (isCommand) return commanded(key.toLowerCase(), shiftKey, now);
  if (event.altKey) return false;
  if (key === 'Delete' || key === 'Backspace') {
    draftStore.fill(filledWith('', selected, columns));
    return true;
  }
  if (key === 'Enter' || key === 'F2') begin();
  else if (key.length === 1) begin(columns[column].kind === 'choice' ? undefined : key);
  else return false;
  return true;
}

function commanded(key: string, isShifted: boolean, { selected, rows, columns, move }: Pressed) {
  if (key === 'z') {
    if (isShifted) draftStore.redo();
    else draftStore.undo();
  } else if (key === 'y') draftStore.redo();
  else if (key === 'd') {
    const [from] = selected.rows;
    const chosen = columns.slice(selected.columns[0], selected.columns[1] + 1);
    draftStore.fill(
      chosen.flatMap(({ key: own }) =>
        filledWith(rows[from].cells[own] ?? '', selected, [{ key: own } as Column]),
      ),
    );
  } else if (key === 'a') {
    move(0, 0);
    move(rows.length - 1, columns.length - 1, true);
  } else return false;
  return true;
}
