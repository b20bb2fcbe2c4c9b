/* Records that a model can be asked, made of what its card says of its features. */
import type { PlacementRecord } from '../api/client.js';

/** A feature as the card of a model describes it. */
interface Feature {
  readonly name: string;
  readonly kind: 'integer' | 'numeric' | 'categorical' | 'word';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly categories?: readonly string[];
  readonly example?: string | number;
}

/** What the training rows had of it. */
type Range = { readonly minimum?: number; readonly maximum?: number } | undefined;

/** What Live reads of the card of a model. */
export interface Card {
  /** Where its records came from. */
  readonly source?: string;
  readonly schema: { readonly features: readonly Feature[] };
  readonly training?: { readonly ranges?: Readonly<Record<string, Range>> };
}

/** Words of features that have them, by feature. */
export type Words = Readonly<Record<string, readonly (string | number)[]>>;

/** Whether the model learned from what the trainer's generator made. */
export const isGenerated = ({ source }: Card): boolean => source?.startsWith('generated') ?? false;

/** Golden ratio: its multiples, less their whole parts, are spread evenly however many are taken. */
const TURN = 0.618_033_988_75;

/** An example record, another one for each `i`; the first has the examples of the schema. */
export function exampleOf({ schema, training }: Card, words: Words, i: number): PlacementRecord {
  const value = (feature: Feature, f: number): string | number | null => {
    const { name, kind, example, categories = [] } = feature;
    if (i === 0 && example !== undefined) return example;
    if (kind === 'categorical') return categories[(i + f) % categories.length] ?? null;
    if (kind === 'word') return words[name]?.[(i + f) % (words[name].length || 1)] ?? null;
    return numberOf(feature, training?.ranges?.[name], ((i + 1) * (f + 1) * TURN) % 1);
  };
  return Object.fromEntries(schema.features.map((feature, f) => [feature.name, value(feature, f)]));
}

/** A number between the least and the most that were trained on, on a scale of powers where both are above 0. */
function numberOf(feature: Feature, range: Range, share: number): number {
  const least = range?.minimum ?? feature.minimum ?? 1;
  const most = range?.maximum ?? feature.maximum ?? least;
  const isWide = least > 0 && most / least > 20;
  const value = isWide ? least * (most / least) ** share : least + (most - least) * share;
  return feature.kind === 'integer' ? Math.round(value) : Number(value.toPrecision(4));
}

/** The command that asks a service for a prediction of a record. */
export function curlOf(url: string, record: PlacementRecord, needsKey: boolean): string {
  const body = JSON.stringify(record).replaceAll("'", String.raw`'\''`);
  const key = needsKey ? `-H "x-api-key: $KEY" ` : '';
  return `curl ${url}/predict_ctr ${key}-H 'content-type: application/json' -d '${body}'`;
}
