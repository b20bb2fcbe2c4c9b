import type { CtrModel } from '@adscale/ctr';
import type { Counter, ServiceStats } from '@adscale/stats';
import { textBits } from './share.js';

/** The header that names the features whose words an answer did not know. */
export const UNKNOWN_WORDS = 'x-unknown-words';

/**
 * The features of a model that take words of any kind: which of a record's words it does not know, and
 * how many predictions were answered so. An empty or absent word is not known either.
 */
export class UnknownWords {
  /** By place in the schema; only those of words. */
  private readonly counters: ReadonlyMap<number, Counter>;

  constructor(
    private readonly model: CtrModel,
    stats: Pick<ServiceStats, 'unknownWords'>,
  ) {
    const { features } = model.schema;
    this.counters = new Map(
      features.flatMap(({ name, kind }, f) =>
        kind === 'word' ? [[f, stats.unknownWords(name)] as const] : [],
      ),
    );
  }

  /** Counts one prediction of a row in the model's order. */
  readonly count = (row: ArrayLike<number>): void => {
    if (this.counters.size === 0) return;
    for (const f of this.model.unknownWords(row)) this.counters.get(f)?.increment();
  };

  /** The features as a header has them, each as in an address: names may hold anything. '' if all are known. */
  headerOf(row: ArrayLike<number>): string {
    if (this.counters.size === 0) return '';
    const { features } = this.model.schema;
    return this.model
      .unknownWords(row)
      .map((f) => encodeURIComponent(features[f].name))
      .join(', ');
  }

  /** Tells records apart whose rows are alike because their words are not known: 32 bits. */
  bitsOf(row: ArrayLike<number>, record: unknown): number {
    let bits = 0;
    for (const f of this.counters.keys()) {
      if (!Number.isNaN(row[f])) continue;
      const { name } = this.model.schema.features[f];
      bits ^= textBits(`${name}\n${textIn(record, name)}`);
    }
    return bits;
  }
}

function textIn(record: unknown, name: string): string {
  const value = (record as Readonly<Record<string, unknown>> | undefined)?.[name];
  return typeof value === 'string' ? value : '';
}
