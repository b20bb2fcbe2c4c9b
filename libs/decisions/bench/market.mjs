// The generator as a market whose truth is known: models trained on its records, fresh records,
// and clicks drawn from the true CTR.
import { CtrModel, defaultSchema, trainCtr, Vocabulary } from '@adscale/ctr';
import { generate, markets, trueCtr, words } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { randomBeta, randomBinomial } from 'd3-random';
import seedrandom from 'seedrandom';

const WORDS = ['campaign', 'ad_group', 'creative'];

/** Records of a world of words that come after those of training. */
const LATER = 20_000;

/** A market of a profile of the generator, and models of it. A profile of words has others in each. */
export class Market {
  /** @param seed of the records that models are trained on, and of the words */
  constructor(profile, seed, rows = 5000) {
    Object.assign(this, { profile, seed, rows });
    const { rowCorrelation, placementShare, impressionsMin, words: hasWords } = markets[profile];
    this.rho = rowCorrelation;
    /** How many impressions placements have, against those of the usual market. */
    this.volume = placementShare / markets.realistic.placementShare;
    this.leastImpressions = hasWords ? impressionsMin : 1000;
    this.effects = hasWords ? words(seed) : undefined;
  }

  /** A model as the trainer makes it. */
  async train(kind) {
    const { profile, seed, rows } = this;
    const { columns } = generate({ rows, seed, profile });
    const { impressions, clicks } = columns;
    const table = { ...this.featuresOf(columns), impressions, clicks };
    const { bytes, card } = await trainCtr(table, { model: kind, fit: { seed }, threads: 1 });
    return CtrModel.load(bytes, card, `${profile}-${kind}-${seed}`);
  }

  featuresOf(columns) {
    const plain = columnsFrom(defaultSchema, columns);
    if (!this.effects) return { features: plain };
    const vocabularies = {};
    const values = [...plain.values];
    for (const name of WORDS) {
      vocabularies[name] = Vocabulary.of([...new Set(columns[name])]);
      values.push(Float64Array.from(columns[name], (word) => vocabularies[name].numberOf(word)));
    }
    const own = WORDS.map((name) => ({ name, kind: 'word' }));
    const schema = { features: [...defaultSchema.features, ...own] };
    return { features: { schema, rows: plain.rows, values }, vocabularies };
  }

  /** Records that no model has seen. Where there are words, those of the days after training. */
  fresh(count, seed) {
    if (this.effects) {
      this.later ??= this.#recordsOf({ rows: LATER, seed: this.seed, skip: this.rows });
      const from = (seed * 7919) % (LATER - count);
      return this.later.slice(from, from + count);
    }
    // A dominant row is for training; placements that are judged are as any other.
    return this.#recordsOf({ rows: count, seed, profile: 'realistic' });
  }

  #recordsOf(options) {
    const { columns } = generate({ profile: this.profile, ...options });
    const names = ['impressions', 'ad_position', 'device_type', 'budget'];
    if (this.effects) names.push(...WORDS);
    return Array.from({ length: options.rows }, (_, i) =>
      Object.fromEntries(names.map((name) => [name, columns[name][i]])),
    );
  }

  /** The CTR that a record's features tell. */
  trueCtr(record) {
    const { effects, profile } = this;
    if (!effects) return trueCtr(record, profile);
    const core = Object.fromEntries(
      Object.entries(record).filter(([name]) => !WORDS.includes(name)),
    );
    const effect = WORDS.reduce((all, name) => all * effects[name].get(record[name]).effect, 1);
    return Math.min(1, trueCtr(core, profile) * effect);
  }

  /** A stream of numbers in [0, 1), and what placements get by chance. */
  chance(seed) {
    const random = seedrandom(`decisions ${seed}`);
    const binomial = randomBinomial.source(random);
    const beta = randomBeta.source(random);
    const { rho } = this;
    /** The CTR of a placement of its own: the true one, and what no feature tells. */
    const ownCtr = (record) => {
      const ctr = this.trueCtr(record);
      if (rho === 0) return ctr;
      const size = 1 / rho - 1;
      return beta(ctr * size, (1 - ctr) * size)();
    };
    return {
      random,
      between: (low, high) => low + random() * (high - low),
      ownCtr,
      clicksOf: (record) => binomial(record.impressions, ownCtr(record))(),
    };
  }
}
