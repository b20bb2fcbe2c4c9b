/*
 * A model as the page asks it: the real forest, by the real library. It runs in the page where that takes
 * well under a frame, and else on a thread (thread.ts); both ask by the same questions and get the same
 * answers, to the last bit those of the service.
 */
import {
  Explainer,
  Forest,
  readModel,
  TrainingPairs,
  type ExplainedPrediction,
} from '@adscale/forest';

/** The training rows that explanations compare with, as the service tells them. */
export interface Background {
  readonly rows: readonly (readonly (number | null)[])[];
  readonly weights: readonly number[] | null;
  readonly groups: readonly (readonly number[])[] | null;
}

interface Asked {
  /** The columns of the forest. */
  readonly columns: Float64Array;
  /** How often the interval is to hold. */
  readonly level: number;
  /** Impressions that the CTR will be observed over; undefined if it is not known. */
  readonly exposure: number | undefined;
}

export interface FiguresQuestion extends Asked {
  readonly kind: 'figures';
}

export interface WhyQuestion {
  readonly kind: 'why';
  readonly columns: Float64Array;
}

export interface CurveQuestion extends Asked {
  readonly kind: 'curve';
  /** The column that moves, and the exposure with it or not. */
  readonly column: number;
  readonly isExposure: boolean;
  /** Ends of the curve, and whether between them ratios count. */
  readonly from: number;
  readonly to: number;
  readonly isLog: boolean;
}

export type Question = FiguresQuestion | WhyQuestion | CurveQuestion;

export interface Figures {
  /** As the forest gives it. */
  readonly prediction: number;
  /** Kept within 0.0001 and 1. */
  readonly ctr: number;
  /** Of what will be observed; null where the model has none, or the exposure is not known. */
  readonly interval: { readonly low: number; readonly high: number } | null;
}

/** Steps of a curve: from one of `ends` to the next it is the same. */
export interface Curve {
  /** One more than of the others. */
  readonly ends: Float64Array;
  readonly ctr: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
}

export type Why = ExplainedPrediction;

export interface AnswerOf {
  readonly figures: Figures;
  readonly why: Why;
  readonly curve: Curve;
}

const MIN_CTR = 0.0001;
/** More steps than these are thinned out, and fewer filled up. */
const MOST_CUTS = 100;
const EVEN_ENDS = 24;

export class Asking {
  private explainer: Explainer | undefined;

  constructor(
    readonly forest: Forest,
    private readonly background: Background | undefined,
  ) {}

  static read(bytes: Uint8Array, background: Background | undefined): Asking {
    return new Asking(readModel(bytes), background);
  }

  /** The same, with what a thread has compiled of it. */
  with(compiled: ReturnType<Forest['compiledParts']>): Asking {
    const { schema, parameters, bins, trees, calibration, intervals, parts, attached } =
      this.forest;
    const extras = { parts, attached, compiled };
    return new Asking(
      new Forest(schema, parameters, bins, trees, calibration, intervals, extras),
      this.background,
    );
  }

  /** Tells which of these features training never had together. @param features numeric ones, in order */
  pairs(features: readonly { readonly name: string; readonly f: number }[]): TrainingPairs {
    const { forest, background } = this;
    const numbers = features.map(({ name, f }) => {
      const column = background?.groups?.[f][0] ?? f;
      return { name, place: column, column };
    });
    return new TrainingPairs(forest, numbers, background?.rows ?? []);
  }

  /** Answers in steps, so that a thread can turn to what is more urgent. */
  *steps(question: Question): Generator<void, AnswerOf[keyof AnswerOf]> {
    if (question.kind === 'figures') return this.figures(question);
    if (question.kind === 'curve') return yield* this.curve(question);
    const { forest, background } = this;
    this.explainer ??= new Explainer(forest, sampleOf(background), {
      ...(background?.groups && { groups: background.groups }),
    });
    return yield* this.explainer.steps(question.columns);
  }

  answer<Q extends Question>(question: Q): AnswerOf[Q['kind']] {
    const steps = this.steps(question);
    for (;;) {
      const { done, value } = steps.next();
      if (done === true) return value as AnswerOf[Q['kind']];
    }
  }

  private figures({ columns, level, exposure }: Asked): Figures {
    const { forest } = this;
    const prediction = forest.compile().predict(columns);
    const isTold = forest.intervals?.noise !== 'binomial' || (exposure ?? 0) > 0;
    const options = exposure === undefined ? { level } : { level, exposure };
    const interval =
      forest.intervals !== null && isTold ? forest.predictInterval(columns, options) : null;
    return { prediction, ctr: Math.min(1, Math.max(MIN_CTR, prediction)), interval };
  }

  private *curve(question: CurveQuestion): Generator<void, Curve> {
    const { column, isExposure } = question;
    const ends = this.endsOf(question);
    const count = ends.length - 1;
    const [ctr, low, high] = [1, 2, 3].map(() => new Float64Array(count));
    const columns = question.columns.slice();
    for (let i = 0; i < count; i++) {
      // A number x ≤ cut goes left: the upper end belongs to the step.
      columns[column] = ends[i + 1]!;
      const exposure = isExposure ? Math.max(1, columns[column]) : question.exposure;
      const { ctr: rate, interval } = this.figures({ ...question, columns, exposure });
      ctr![i] = rate;
      low![i] = interval?.low ?? NaN;
      high![i] = interval?.high ?? NaN;
      if (i % 16 === 15) yield;
    }
    return { ends, ctr: ctr!, low: low!, high: high! };
  }

  private endsOf({ column, from, to, isLog }: CurveQuestion): Float64Array {
    const cuts = this.forest.cutsOf(column).filter((cut) => cut > from && cut < to);
    const every = Math.ceil(cuts.length / MOST_CUTS);
    const isWhole = this.forest.schema.features[column]!.kind === 'integer';
    const even = Array.from({ length: EVEN_ENDS + 1 }, (_, i) => {
      const share = i / EVEN_ENDS;
      const end = isLog ? from * (to / from) ** share : from + (to - from) * share;
      // Between whole numbers nothing can happen.
      return isWhole && i > 0 && i < EVEN_ENDS ? Math.floor(end) + 0.5 : end;
    });
    const all = [...even, ...cuts.filter((_, i) => i % every === 0)];
    return Float64Array.from(new Set(all.filter((end) => end >= from && end <= to))).sort();
  }
}

function sampleOf(background: Background | undefined) {
  if (background === undefined || background.rows.length === 0) return undefined;
  const rows = background.rows.map((row) => Float64Array.from(row, (value) => value ?? NaN));
  return background.weights === null ? { rows } : { rows, weight: background.weights };
}
