import type { CtrModel, WordEncoding } from '@adscale/ctr';
import { type WordList, WordIndex } from './word-index.js';

/** A word that a model knows. */
export interface KnownWord {
  /** As a record has it: a text, or of ids the whole number. */
  readonly word: string | number;
  /** Smoothed CTR of its training rows. */
  readonly ctr: number;
  /** Impressions that it was learned from, less where its rows are alike beyond chance. */
  readonly effective_impressions: number;
}

/** The words of one feature of a model. */
class FeatureWords implements WordList {
  readonly size: number;
  private readonly keys: Float64Array | undefined;
  private index: Promise<WordIndex> | undefined;

  constructor(
    private readonly words: WordEncoding,
    private readonly f: number,
  ) {
    const level = words.levels.find(({ features }) => features.length === 1 && features[0] === f)!;
    this.keys = level.index?.keys;
    this.size = level.count.length;
  }

  textOf(place: number): string | undefined {
    const number = this.numberAt(place);
    return this.words.isKnown(this.f, number) ? this.words.wordOf(this.f, number) : undefined;
  }

  async search(text: string, most: number, isGone: () => boolean): Promise<KnownWord[]> {
    if (text === '') return this.commonest(most);
    this.index ??= WordIndex.of(this);
    const places = await (await this.index).find(text, most, isGone);
    return places.map((place) => this.known(place));
  }

  private commonest(most: number): KnownWord[] {
    const found: KnownWord[] = [];
    for (let place = 0; place < this.size && found.length < most; place++) {
      if (this.textOf(place) !== undefined) found.push(this.known(place));
    }
    return found;
  }

  private known(place: number): KnownWord {
    const number = this.numberAt(place);
    const { ctr, count } = this.words.statisticsOf(this.f, number);
    const word = this.isText ? this.words.wordOf(this.f, number) : number;
    return { word, ctr, effective_impressions: count };
  }

  private get isText(): boolean {
    return this.words.vocabularies[this.words.schema.features[this.f].name] !== undefined;
  }

  /** What a row has for the word at a place. */
  private numberAt(place: number): number {
    return this.keys === undefined ? place : this.keys[place];
  }
}

/** Searches the words of models. What is made for that lives as long as the model does. */
export class WordSearch {
  private readonly models = new WeakMap<CtrModel, Map<string, FeatureWords>>();

  /** The features of a model whose words can be searched. */
  featuresOf({ schema }: CtrModel): string[] {
    return schema.features.flatMap(({ kind, name }) => (kind === 'word' ? [name] : []));
  }

  /** Words that have a text, those that begin with it first; of an empty text the commonest. */
  async find(
    model: CtrModel,
    { feature, search, limit }: { feature: string; search: string; limit: number },
    isGone: () => boolean,
  ): Promise<{ readonly known: number; readonly words: KnownWord[] }> {
    const words = this.wordsOf(model, feature);
    return { known: words.size, words: await words.search(search, limit, isGone) };
  }

  private wordsOf(model: CtrModel, feature: string): FeatureWords {
    const features = this.models.get(model) ?? new Map<string, FeatureWords>();
    this.models.set(model, features);
    const known = features.get(feature);
    if (known !== undefined) return known;
    const f = model.schema.features.findIndex(({ name }) => name === feature);
    const made = new FeatureWords(model.words!, f);
    features.set(feature, made);
    return made;
  }
}
