/*
 * What people have typed: one table of placements for all decisions, and the settings of each. It outlives
 * the page: another page may be opened meanwhile, and the tab may be loaded anew. Every change of the table
 * is a step that can be undone.
 */
import { useSyncExternalStore } from 'react';
import type { DecisionName, Settings } from './decisions.js';
import { asWritten, type Change, isBlank, type Row, type Written } from './rows.js';

export interface Draft {
  readonly rows: readonly Row[];
  readonly settings: Readonly<Partial<Record<DecisionName, Settings>>>;
}

const NAME = 'adscale.decide';
/** Rows that an empty table has to type in. */
const EMPTY_ROWS = 3;
const MOST_STEPS = 200;

let nextId = 1;
const newRow = (cells: Row['cells'] = {}): Row => ({ id: nextId++, cells });
const emptyRows = () => Array.from({ length: EMPTY_ROWS }, () => newRow());

class DraftStore {
  private draft: Draft;
  private past: (readonly Row[])[] = [];
  private future: (readonly Row[])[] = [];
  private readonly listeners = new Set<() => void>();

  constructor() {
    this.draft = kept() ?? { rows: emptyRows(), settings: {} };
  }

  readonly get = (): Draft => this.draft;

  readonly listen = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  get canUndo(): boolean {
    return this.past.length > 0;
  }

  get canRedo(): boolean {
    return this.future.length > 0;
  }

  undo(): void {
    const before = this.past.pop();
    if (before === undefined) return;
    this.future.push(this.draft.rows);
    this.show({ ...this.draft, rows: before });
  }

  redo(): void {
    const after = this.future.pop();
    if (after === undefined) return;
    this.past.push(this.draft.rows);
    this.show({ ...this.draft, rows: after });
  }

  /** Fills cells; empty texts empty them. One step, however many they are. */
  fill(changes: readonly Change[]): void {
    const rows = [...this.draft.rows];
    const cells = new Map<number, Record<string, string>>();
    for (const { row, key, text } of changes) {
      while (rows.length <= row) rows.push(newRow());
      const own = cells.get(row) ?? { ...rows[row].cells };
      cells.set(row, own);
      if (text === '') delete own[key];
      else own[key] = text;
    }
    for (const [row, own] of cells) rows[row] = { ...rows[row], cells: own };
    this.step(rows);
  }

  addRow(at: number): void {
    this.step(this.draft.rows.toSpliced(at, 0, newRow()));
  }

  removeRows(from: number, count: number): void {
    const rows = this.draft.rows.toSpliced(from, count);
    this.step(rows.length > 0 ? rows : [newRow()]);
  }

  /** Other rows in place of all, or below those that hold anything. */
  put(cells: readonly Row['cells'][], isBelow = false): void {
    const before = isBelow ? this.draft.rows.filter((row) => !isBlank(row)) : [];
    const rows = [...before, ...cells.map((own) => newRow(own))];
    this.step(rows.length > 0 ? rows : emptyRows());
  }

  set(decision: DecisionName, changes: Settings): void {
    const { settings } = this.draft;
    const own = { ...settings[decision], ...changes };
    this.show({ ...this.draft, settings: { ...settings, [decision]: own } });
  }

  /** What somebody shared, in place of what there is. */
  take({ rows, settings }: Written): void {
    this.put(rows);
    this.show({ ...this.draft, settings: { ...this.draft.settings, ...settings } });
  }

  private step(rows: readonly Row[]): void {
    this.past.push(this.draft.rows);
    if (this.past.length > MOST_STEPS) this.past.shift();
    this.future = [];
    this.show({ ...this.draft, rows });
  }

  private show(draft: Draft): void {
    this.draft = draft;
    keepSoon();
    for (const listener of this.listeners) listener();
  }
}

export const written = ({ rows, settings }: Draft): Written => ({
  rows: rows.map(({ cells }) => cells),
  settings,
});

function kept(): Draft | undefined {
  try {
    const found = asWritten(JSON.parse(sessionStorage.getItem(NAME) ?? 'null'));
    if (found === undefined || found.rows.length === 0) return undefined;
    return { rows: found.rows.map((cells) => newRow(cells)), settings: found.settings };
  } catch {
    return undefined;
  }
}

/** How long a change may wait to be written, in milliseconds: typing is not slowed by writing. */
const PAUSE = 400;
let writing: ReturnType<typeof setTimeout> | undefined;

function keepSoon(): void {
  clearTimeout(writing);
  writing = setTimeout(keepNow, PAUSE);
}

/** A full storage, or none, costs nothing but the keeping. */
function keepNow(): void {
  clearTimeout(writing);
  try {
    sessionStorage.setItem(NAME, JSON.stringify(written(draftStore.get())));
  } catch {
    sessionStorage.removeItem(NAME);
  }
}
addEventListener('pagehide', keepNow);

export const draftStore = new DraftStore();

export function useDraft(): Draft {
  return useSyncExternalStore(draftStore.listen, draftStore.get);
}
