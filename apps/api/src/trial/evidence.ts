import type { CtrModel } from '@adscale/ctr';
import {
  DayTally,
  type GateEvidence,
  judge,
  type LayoutCell,
  Segments,
  type SegmentLayout,
  type ServingCounts,
  settleSegments,
} from '@adscale/monitor';
import { dayOf, daysBefore } from '../outcomes/days.js';
import type { CellPlace } from '../outcomes/counted.js';
import type { OutcomeQueries } from '../outcomes/queries.js';
import { Turn } from '../overload/turn.js';
import type { DailyRow } from '../store/outcome-tables.js';
import type { Store } from '../store/store.js';
import type { AnswerCounts, TrialQueries } from './queries.js';
import type { TrialState } from './state.js';

/** Cells that are read and judged at a time. */
const PAGE = 1000;
/** Segments are settled by outcomes of so many days before the trial, and so many cells at most. */
const DAYS_BEFORE = 7;
const MOST_LAYOUT_CELLS = 20_000;

/** As much of the store as evidence is read from. */
export type EvidenceStore = Pick<Store<TrialQueries & Pick<OutcomeQueries, 'countedCells'>>, 'run'>;

/** The two models that are compared. */
export interface Rivals {
  readonly canary: CtrModel;
  readonly current: CtrModel;
}

/** Finds what share of the clicks of a day is told by now, 0 to 1. */
export type ToldShares = (now: number) => Promise<(day: string) => number>;

/** What a look has found. */
export interface Gathered {
  readonly evidence: GateEvidence;
  readonly layout: SegmentLayout | null;
  /** Requests that the canary has answered in the step. */
  readonly answers: number;
}

interface CountedDay {
  readonly mark: string;
  readonly share: number;
  readonly tally: DayTally;
}

/**
 * Judges a canary by the outcomes of all traffic since its trial began: each cell is predicted by both
 * models, from the same coarse record. A day is counted again only when its outcomes have changed.
 */
export class TrialEvidence {
  private days = new Map<string, CountedDay>();
  private of: string | undefined;
  private segments: Segments | undefined;

  constructor(
    private readonly store: EvidenceStore,
    private readonly told: ToldShares,
  ) {}

  /** @param now milliseconds of the epoch */
  async gather(state: TrialState, rivals: Rivals, now: number): Promise<Gathered> {
    if (this.of !== state.id) this.forget(state.id);
    const from = dayOf(state.begun_at);
    const marks = await this.store.run('markedDays', { from });
    const layout =
      state.layout ?? (marks.length > 0 ? await this.settle(rivals, from, dayOf(now)) : null);
    const segments = this.segmentsOf(layout);
    const told = await this.told(now);
    const kept = new Map<string, CountedDay>();
    for (const { day, mark } of marks) {
      const share = told(day);
      const known = this.days.get(day);
      const isSame = layout !== null && known?.mark === mark && known.share === share;
      kept.set(
        day,
        isSame ? known : await this.count(state, rivals, segments, { day, mark, share }),
      );
    }
    this.days = kept;
    const answered = await this.store.run('trialAnswers', { trial: state.id });
    const tallies = [...kept.values()].map(({ tally }) => tally);
    const evidence = judge(tallies, segments, servingOf(answered), state.options);
    const step = answered.find(({ percent }) => percent === state.wanted?.percent);
    return { evidence, layout, answers: step ? step.tried - step.tried_failed : 0 };
  }

  private forget(id: string): void {
    this.of = id;
    this.days = new Map();
    this.segments = undefined;
  }

  private segmentsOf(layout: SegmentLayout | null): Segments {
    if (layout === null) return new Segments({ features: [], predicted: [] });
    this.segments ??= new Segments(layout);
    return this.segments;
  }

  private async settle(rivals: Rivals, from: string, to: string): Promise<SegmentLayout> {
    const { canary } = rivals;
    const features = canary.schema.features.map(({ name }) => name);
    const before = daysBefore(from, DAYS_BEFORE);
    const yesterday = daysBefore(from, 1);
    const ranges = [
      [before, yesterday],
      [from, to],
    ];
    const cells: LayoutCell[] = [];
    for (const [first, last] of ranges) {
      for await (const { record, row } of this.cells(first, last)) {
        const { impressions } = row;
        cells.push({ record, impressions, canary: impressions * ctrOf(canary, record) });
        if (cells.length >= MOST_LAYOUT_CELLS) break;
      }
      if (cells.length > 0) break;
    }
    return settleSegments(cells, features);
  }

  private async count(
    { version }: TrialState,
    rivals: Rivals,
    segments: Segments,
    { day, mark, share }: { readonly day: string; readonly mark: string; readonly share: number },
  ): Promise<CountedDay> {
    const tally = new DayTally(segments, share);
    for await (const { record, row } of this.cells(day, day)) {
      const { model, impressions, clicks, predicted } = row;
      const own = model === version;
      tally.add({
        ...{ record, impressions, clicks, own },
        // What it really said, so that an answer that is not the model's is seen.
        canary: own ? predicted : impressions * ctrOf(rivals.canary, record),
        current: impressions * ctrOf(rivals.current, record),
      });
    }
    return { mark, share, tally };
  }

  /** Cells with their records, read page by page; other requests are let in between. */
  private async *cells(from: string, to: string) {
    const turn = new Turn();
    let after: CellPlace | undefined;
    do {
      const page = await this.store.run('countedCells', { from, to, after, limit: PAGE });
      for (const row of page.cells) {
        yield { record: JSON.parse(row.cell) as LayoutCell['record'], row: row as DailyRow };
        if (turn.isOver()) await turn.pass();
      }
      after = page.next;
    } while (after !== undefined);
  }
}

function ctrOf(model: CtrModel, record: LayoutCell['record']): number {
  return model.predictRow(model.encode(record));
}

function servingOf(answered: readonly AnswerCounts[]): ServingCounts {
  return {
    failed: answered.map(({ tried, tried_failed, current, current_failed }) => {
      return { tried, triedWrong: tried_failed, current, currentWrong: current_failed };
    }),
    slow: answered.map(({ tried, tried_slow, current, current_slow }) => {
      return { tried, triedWrong: tried_slow, current, currentWrong: current_slow };
    }),
  };
}
