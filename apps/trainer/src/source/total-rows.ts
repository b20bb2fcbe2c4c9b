/*
 * Which rows of a file sum up others, by what their key cells say and by what adds up:
 *
 *   Day         Campaign        Impr.   Clicks
 *   2026-07-01  Harbour          1000       80   ┐ ordinary: every key cell has a value
 *   2026-07-02  Harbour           900       70   ┘
 *               Harbour Total    1900      150   ─ partly: sums up the rows of its other cells
 *               Total: Account   1900      150   ─ word: no key cell says anything else
 *                                1900      150   ─ nameless: no key cell says anything
 *
 * A row that says nothing of the kind is a total only if its counts are exactly the sums of the
 * rows above it, below it, or of all others, and no other row has its name.
 */
import { saysTotal, withoutTotal } from '../language/vocabulary.js';

/** A row as it is looked at. */
export interface SummedRow {
  readonly id: number;
  readonly line: number;
  /** Key cells; null where there is nothing. */
  readonly keys: readonly (string | null)[];
  /** Times of this row are those of the whole file, from first to last. */
  readonly spansAll: boolean;
  /** By counted column; 0 where there is no number. */
  readonly counts: readonly number[];
}

/** What the rows of a table have in columns. */
export interface RowColumns {
  /** Of each key: whether it is a time. */
  readonly times: readonly boolean[];
  /** Of each counted column: by how much one cell may be rounded; 0 for counts. */
  readonly rounding: readonly number[];
}

/** What all rows of a file add up to, where only some of them are looked at. */
export interface AllRows {
  readonly rows: number;
  readonly counts: readonly number[];
  /** The largest of the first count. */
  readonly largest: number;
}

/** A total, and the rows that it was compared with. */
export interface FoundRow {
  readonly row: SummedRow;
  /** What its key cells say. */
  readonly says: string;
  /** Sums of the rows that it stands for. */
  readonly sums: readonly number[];
  /** How many rows these are. */
  readonly summed: number;
  /** Its counts are these sums. */
  readonly addsUp: boolean;
  /** They are all rows of the file. */
  readonly whole: boolean;
}

/** Rows that are totals, and rows that say so but are none. */
export interface TotalsFound {
  readonly totals: readonly FoundRow[];
  readonly doubtful: readonly SummedRow[];
}

/** A total without a word for it sums up at least so many rows, … */
const FEWEST_SUMMED = 3;
/** … in at least so many columns, … */
const FEWEST_COLUMNS = 2;
/** … of at least so much: smaller sums come about by chance. */
const LEAST_SUM = 1000;
/** A nameless row sums up others only if it has this share of what they have. */
const LEAST_SHARE = 0.5;
/** A key that at least this share of the rows has is missed where it is empty. */
const MOSTLY_FULL = 0.5;

type Label = 'word' | 'nameless' | 'partly' | 'holes' | 'no';

/**
 * Finds the totals among the rows of a file, in their order.
 * @param all what the file adds up to, if these are not all of its rows: those that may be totals
 */
export function findTotals(
  rows: readonly SummedRow[],
  columns: RowColumns,
  all?: AllRows,
): TotalsFound {
  return new TotalsFinder(rows, columns, all).find();
}

class Sums {
  rows: number;
  readonly counts: number[];
  constructor(width: number, from?: Pick<AllRows, 'rows' | 'counts'>) {
    this.rows = from?.rows ?? 0;
    this.counts = from?.counts.slice() ?? new Array<number>(width).fill(0);
  }
  add({ counts }: SummedRow, sign = 1): void {
    this.rows += sign;
    for (let c = 0; c < counts.length; c++) this.counts[c] += sign * counts[c];
  }
}

/** A function of a text that is worked out once for each text. */
function remembered<Value>(work: (text: string) => Value): (text: string) => Value {
  const known = new Map<string, Value>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) known.set(text, (value = work(text)));
    return value;
  };
}

class TotalsFinder {
  private readonly labels: readonly Label[];
  /** Keys whose empty cells are missed. */
  private readonly full: readonly boolean[];
  private readonly width: number;
  private readonly found = new Map<SummedRow, FoundRow>();
  /** The same cells stand in many rows. */
  private readonly says = remembered(saysTotal);
  private readonly without = remembered(withoutTotal);

  constructor(
    private readonly rows: readonly SummedRow[],
    private readonly columns: RowColumns,
    private readonly all?: AllRows,
  ) {
    this.width = columns.rounding.length;
    this.full = columns.times.map(
      (_, k) =>
        all !== undefined ||
        rows.filter(({ keys }) => keys[k] !== null).length > MOSTLY_FULL * rows.length,
    );
    this.labels = rows.map((row) => this.labelOf(row));
  }

  find(): TotalsFound {
    this.takeLabelled();
    if (this.all === undefined) {
      this.takeParts();
      this.takeRunning();
      this.takeGroupsBelow();
    }
    this.takeWhole();
    const doubtful = this.rows.filter(
      (row, i) => this.labels[i] === 'word' && !this.found.has(row),
    );
    return { totals: this.compared(), doubtful };
  }

  private isOrdinary(i: number): boolean {
    return this.labels[i] !== 'word' && this.labels[i] !== 'nameless';
  }

  private labelOf({ keys, spansAll }: SummedRow): Label {
    const { times } = this.columns;
    const said = keys.flatMap((cell, k) =>
      cell === null || (spansAll && times[k]) ? [] : [this.says(cell)],
    );
    if (said.length === 0) return 'nameless';
    if (said.every((word) => word === 'surely')) return 'word';
    // "Mill Total" may be a name, but one that has no day.
    if (said.every((word) => word !== 'no') && this.hasHole(keys)) return 'word';
    if (said.some((word) => word !== 'no')) return 'partly';
    return this.hasHole(keys) ? 'holes' : 'no';
  }

  private hasHole(keys: SummedRow['keys']): boolean {
    return keys.some((cell, k) => cell === null && this.full[k]);
  }

  /**
   * Rows of which no key says anything but "total". Where one cell alone says so, it may be a
   * name, and where none says anything, it may be a row without a name: something else must
   * bear it out.
   */
  private takeLabelled(): void {
    const { rows, labels, all } = this;
    const words = labels.filter((label) => label === 'word').length;
    const ordinary = rows.filter((_, i) => this.isOrdinary(i));
    const largest =
      all?.largest ?? ordinary.reduce((most, { counts: [n = 0] }) => Math.max(most, n), 0);
    const [whole = 0] = this.sumOf(ordinary).counts;
    const atEdge = this.edges();
    rows.forEach((row, i) => {
      const [n = 0] = row.counts;
      if (labels[i] === 'word') {
        const others = row.keys.some(
          (cell, k) => this.full[k] && (cell === null || (row.spansAll && this.columns.times[k])),
        );
        const twice = row.keys.filter((cell) => cell !== null).length > 1;
        // Alone it may be a name, as a brand's, unless it has much of what the others have.
        const isMuch = n >= LEAST_SHARE * (all === undefined ? whole : all.counts[0] - n);
        const isSure = row.keys.some((cell) => cell !== null && /:\s*\S/.test(cell));
        const isPlaced = atEdge[i] || (n > 0 && n >= largest);
        if (others || twice || words > 1 || (isPlaced && (isMuch || isSure))) this.take(row);
      } else if (labels[i] === 'nameless') {
        const rest = all === undefined ? whole : all.counts[0] - n;
        const isLarge = n >= largest && n >= LEAST_SHARE * rest && n > 0;
        if ((atEdge[i] || all !== undefined) && isLarge) this.take(row);
      }
    });
  }

  /** Rows that stand above or below all that have names. */
  private edges(): boolean[] {
    const { labels } = this;
    const first = labels.findIndex((_, i) => this.isOrdinary(i));
    const last = labels.findLastIndex((_, i) => this.isOrdinary(i));
    return labels.map((_, i) => first >= 0 && (i < first || i > last));
  }

  private take(row: SummedRow, sums?: Sums, whole = false): void {
    this.found.set(row, {
      row,
      says: row.keys.filter((cell) => cell !== null).join(' '),
      sums: sums?.counts ?? [],
      summed: sums?.rows ?? 0,
      addsUp: sums !== undefined,
      whole,
    });
  }

  /** Rows with some of their keys that are the sums of the rows with the same ones. */
  private takeParts(): void {
    const byMask = new Map<string, Map<string, Sums>>();
    this.rows.forEach((row, i) => {
      const label = this.labels[i];
      if (label === 'no' || label === 'nameless') return;
      const given = row.keys.map((cell) => (cell === null ? '' : this.without(cell)));
      const mask = given.map((cell) => (cell === '' ? '0' : '1')).join('');
      let groups = byMask.get(mask);
      if (groups === undefined) byMask.set(mask, (groups = this.groupsBy(mask)));
      const sums = groups.get(keyOf(given, mask));
      if (sums === undefined || !mask.includes('1')) return;
      const isTotal =
        label === 'holes'
          ? sums.rows > 1 && this.equals(row, sums, LEAST_SUM)
          : this.equals(row, sums, 1);
      if (isTotal) this.take(row, sums);
    });
  }

  private groupsBy(mask: string): Map<string, Sums> {
    const groups = new Map<string, Sums>();
    this.rows.forEach((row, i) => {
      if (this.labels[i] !== 'no') return;
      const key = keyOf(
        row.keys.map((cell) => this.without(cell ?? '')),
        mask,
      );
      let sums = groups.get(key);
      if (sums === undefined) groups.set(key, (sums = new Sums(this.width)));
      sums.add(row);
    });
    return groups;
  }

  /** Rows that are the sums of those since the total before them. */
  private takeRunning(): void {
    let group = new Sums(this.width);
    this.rows.forEach((row, i) => {
      const label = this.labels[i];
      const fewest = label === 'no' || label === 'holes' ? FEWEST_SUMMED : 1;
      const least = label === 'no' || label === 'holes' ? LEAST_SUM : 1;
      const isTotal =
        group.rows >= fewest && this.equals(row, group, least) && (least === 1 || this.isAlone(i));
      if (isTotal) this.take(row, group);
      else if (!this.found.has(row)) {
        if (this.isOrdinary(i)) group.add(row);
        return;
      }
      group = new Sums(this.width);
    });
  }

  /** Rows that are each the sum of the rows below, up to the next such row, through the file. */
  private takeGroupsBelow(): void {
    const { rows } = this;
    const blocks: { row: SummedRow; sums: Sums }[] = [];
    let i = rows.findIndex((row) => !this.found.has(row));
    if (i < 0) return;
    while (i < rows.length && !this.found.has(rows[i])) {
      const sums = new Sums(this.width);
      let end = i + 1;
      while (end < rows.length && !(sums.rows > 1 && this.equals(rows[i], sums, LEAST_SUM))) {
        if (this.found.has(rows[end])) break;
        sums.add(rows[end++]);
      }
      if (sums.rows < 2 || !this.equals(rows[i], sums, LEAST_SUM) || !this.isAlone(i)) return;
      blocks.push({ row: rows[i], sums });
      i = end;
    }
    if (blocks.length > 1) for (const { row, sums } of blocks) this.take(row, sums);
  }

  /** The first or last row that is the sum of all others. */
  private takeWhole(): void {
    const left = [...this.rows.keys()].filter((i) => !this.found.has(this.rows[i]));
    const kept = this.kept();
    if (kept.rows <= FEWEST_SUMMED || left.length === 0) return;
    for (const i of [left[0], left.at(-1)!]) {
      const others = new Sums(this.width, kept);
      others.add(this.rows[i], -1);
      if (!this.equals(this.rows[i], others, LEAST_SUM) || !this.isAlone(i)) continue;
      this.take(this.rows[i], others, true);
      return;
    }
  }

  /** No other row has the name of this one: it is no cell of days by campaigns. */
  private isAlone(i: number): boolean {
    const { keys } = this.rows[i];
    return keys.some(
      (cell, k) =>
        !this.columns.times[k] &&
        this.rows.every((row, j) => j === i || cell === null || row.keys[k] !== cell),
    );
  }

  /** The sums of what is not found to be a total. */
  private kept(): Sums {
    if (this.all === undefined) return this.sumOf(this.rows.filter((row) => !this.found.has(row)));
    const sums = new Sums(this.width, this.all);
    for (const row of this.found.keys()) sums.add(row, -1);
    return sums;
  }

  private sumOf(rows: readonly SummedRow[]): Sums {
    const sums = new Sums(this.width);
    for (const row of rows) sums.add(row);
    return sums;
  }

  private equals({ counts }: SummedRow, { counts: sums, rows }: Sums, least: number): boolean {
    let same = 0;
    for (let c = 0; c < counts.length; c++) {
      const rounding = this.columns.rounding[c] * (rows + 1) + 1e-9 * Math.abs(sums[c]);
      if (Math.abs(counts[c] - sums[c]) > rounding) return false;
      if (counts[c] > 0) same++;
    }
    return counts[0] >= least && same >= Math.min(FEWEST_COLUMNS, least, counts.length);
  }

  /** Each total with the sums nearest to it: of all rows that are kept, or of those above it. */
  private compared(): FoundRow[] {
    const kept = this.kept();
    let group = new Sums(this.width);
    const totals: FoundRow[] = [];
    for (const row of this.rows) {
      const found = this.found.get(row);
      if (found === undefined) {
        group.add(row);
        continue;
      }
      if (found.addsUp && !this.equals(row, kept, 1)) totals.push(found);
      else {
        const [n = 0] = row.counts;
        const distance = ({ counts: [sum = 0] }: Sums): number => Math.abs(sum - n);
        const isWhole =
          this.all !== undefined || group.rows === 0 || distance(kept) <= distance(group);
        const sums = isWhole ? kept : group;
        totals.push({
          ...found,
          sums: sums.counts,
          summed: sums.rows,
          addsUp: this.equals(row, sums, 0),
          whole: isWhole,
        });
      }
      group = new Sums(this.width);
    }
    return totals;
  }
}

function keyOf(cells: readonly string[], mask: string): string {
  return cells.filter((_, k) => mask[k] === '1').join('\0');
}
