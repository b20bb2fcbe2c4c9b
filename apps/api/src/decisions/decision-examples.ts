import type { RecordSchema } from '@adscale/ctr';
import { exampleRequests } from '../record/record-examples.js';

/** Features of money and volume; the others of a record describe the placement. */
const MOVED = ['impressions', 'budget'];

/** A request of each decision, valid for any model of the schema. */
export interface DecisionExamples {
  readonly rank: object;
  readonly forecast: object;
  readonly compare: object;
  readonly allocate: object;
  readonly opportunities: object;
  /** Absent where the model knows no impressions. */
  readonly curve?: object;
}

export function decisionExamples(schema: RecordSchema): DecisionExamples {
  const examples = Object.entries(exampleRequests(schema));
  const [[, typical]] = examples;
  const other = examples.at(-1)![1];
  const exposure = 'impressions' in typical ? {} : { impressions: 5000 };
  return {
    rank: {
      floor_ecpm: 5,
      candidates: [
        { id: 'a', record: typical, value_per_click: 0.4 },
        { id: 'b', record: other, target_cpa: 25, conversion_rate: 0.02 },
      ],
    },
    forecast: {
      currency: 'USD',
      schedule: examples.map(([id, record], i) => ({
        id,
        record,
        ...exposure,
        cost: i === 0 ? { cpc: 0.4 } : { cpm: 12.5 },
      })),
    },
    compare: { a: typical, b: other },
    allocate: {
      budget: 2000,
      cells: examples.map(([id, record], i) => ({
        id,
        record: placementOf(record),
        cost: { cpm: 8 + 2 * i },
        floor: i === 0 ? 100 : 0,
        cap: 900,
      })),
    },
    opportunities: { base: typical, vary: varied(schema), floor_ctr: 0.01 },
    ...('impressions' in typical && {
      curve: { record: typical, over: 'impressions', from: 1000, to: 20_000 },
    }),
  };
}

function placementOf(record: Record<string, number | string>): object {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !MOVED.includes(name)));
}

/**
 * The first categorical feature with its categories, or else the commonest words of the first that takes
 * any, or else the first feature as it is.
 */
function varied(schema: RecordSchema): object {
  const feature = schema.features.find(({ kind }) => kind === 'categorical');
  if (feature?.kind === 'categorical') return { [feature.name]: feature.categories.slice(0, 20) };
  const words = schema.features.find(({ kind }) => kind === 'word');
  if (words !== undefined) return { [words.name]: 10 };
  const [name, value] = Object.entries(exampleRequests(schema).typical)[0];
  return { [name]: [value] };
}
