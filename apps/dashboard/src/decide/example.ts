/* An example that every decision can be asked of, for any model: six placements within what it learnt of. */
import { ask, type Schemas } from '../api/client.js';
import { extras, type Feature } from './columns.js';
import { draftStore } from './draft.js';
import type { DecisionName, Settings } from './decisions.js';

interface Range {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** The parts of a model's card that the page reads. */
export interface Card {
  readonly schema: { readonly features: readonly Feature[] };
  readonly training: { readonly ranges: Readonly<Record<string, Range>> };
}

/** The model that decides. */
export interface Served {
  readonly version: string;
  readonly card: Card;
}

const ROWS = 6;
const FACTORS = [1, 0.6, 1.6, 1, 2.2, 0.8];
/** Numbers that count places or groups take one after the other. */
const FEW = 100;

/** Fills the table, and those settings without which a decision cannot be asked for. */
export async function fillExample(version: string, { schema, training }: Card): Promise<void> {
  const columns = await Promise.all(
    schema.features.map(async (feature) => {
      const values = await valuesOf(feature, training.ranges[feature.name] ?? {}, version);
      return [`record.${feature.name}`, values] as const;
    }),
  );
  const rows = Array.from({ length: ROWS }, (_, i) => ({
    ...Object.fromEntries(columns.map(([key, values]) => [key, String(values[i % values.length])])),
    id: `Placement ${i + 1}`,
    [extras.day.key]: dayAfter(i),
    [extras.impressions.key]: String(5000 * FACTORS[i]),
    [extras.value.key]: (0.4 + 0.03 * (i % 4)).toFixed(2),
    [extras.cpm.key]: String(8 + 1.5 * (i % 4)),
    ...(i === 0 && { [extras.floor.key]: '100' }),
    [extras.cap.key]: '900',
  }));
  draftStore.put(rows);
  const wanted: Partial<Record<DecisionName, Settings>> = {
    rank: { floor_ecpm: '20' },
    allocate: { budget: '2000' },
    opportunities: { floor_ctr: '0.03' },
    compare: { daily: '20000' },
  };
  for (const [name, settings] of Object.entries(wanted)) {
    const given = draftStore.get().settings[name as DecisionName] ?? {};
    const missing = Object.entries(settings).filter(([key]) => (given[key] ?? '') === '');
    draftStore.set(name as DecisionName, Object.fromEntries(missing));
  }
}

function dayAfter(days: number): string {
  const day = new Date();
  day.setDate(day.getDate() + days);
  return [day.getFullYear(), day.getMonth() + 1, day.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}

async function valuesOf(
  feature: Feature,
  range: Range,
  version: string,
): Promise<readonly (number | string)[]> {
  if (feature.kind === 'categorical') return feature.categories!.slice(0, ROWS);
  if (feature.kind === 'word') return wordsOf(feature, version);
  const {
    minimum = range.minimum ?? 1,
    exclusiveMinimum = -Infinity,
    maximum = Infinity,
  } = feature;
  const low = Math.max(minimum, exclusiveMinimum, range.minimum ?? -Infinity);
  const high = Math.min(maximum, range.maximum ?? low + 10);
  const isWhole = feature.kind === 'integer';
  if (isWhole && high - low < FEW) {
    const step = Math.max(1, Math.round((high - low) / 9));
    return [0, 1, 2, 3].map((i) => Math.min(high, Math.ceil(low) + i * step));
  }
  const middle = low > 0 ? Math.sqrt(low * high) : (low + high) / 2;
  const usual = typeof feature.example === 'number' ? feature.example : middle;
  return FACTORS.map((factor) => {
    const value = Math.min(high, Math.max(low, usual * factor));
    return isWhole ? Math.round(value) : Number(value.toPrecision(3));
  });
}

async function wordsOf(feature: Feature, version: string): Promise<readonly (number | string)[]> {
  try {
    const query = new URLSearchParams({ feature: feature.name, limit: String(ROWS) });
    const response = await ask(`/models/${encodeURIComponent(version)}/words?${query}`);
    const { words } = (await response.json()) as Schemas['WordsAnswer'];
    if (words.length > 0) return words.map(({ word }) => word);
  } catch {
    // Any word can be asked of; the model answers for those that it does not know as well.
  }
  return [feature.whole ? 1 : 'example'];
}
