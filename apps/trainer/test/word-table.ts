import {
  CtrModel,
  defaultSchema,
  takeTable,
  Vocabulary,
  writtenValue,
  type CtrTable,
  type Trained,
} from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';

const words = ['campaign', 'ad_group', 'creative'] as const;
/** So many rows are made for each that is taken: days then go by faster. */
const STEP = 20;

/** Generated placements by day with campaigns, ad groups and creatives, some of which come later. */
export function wordTable(rows: number, seed = 42): CtrTable {
  const { columns } = generate({ rows: STEP * rows, seed, profile: 'words' });
  const textsOf = (name: string): string[] => [...(columns[name] as Iterable<string>)];
  const plain = columnsFrom({ features: defaultSchema.features.slice(1, 3) }, columns);
  const vocabularies = words.map((name) => [...new Set(textsOf(name))]);
  const values = words.map((name, w) => {
    const places = new Map(vocabularies[w].map((text, place) => [text, place]));
    return Float64Array.from(textsOf(name), (text) => places.get(text)!);
  });
  const features = [
    ...words.map((name) => ({ name, kind: 'word' as const })),
    ...plain.schema.features,
  ];
  const whole: CtrTable = {
    features: { schema: { features }, rows: STEP * rows, values: [...values, ...plain.values] },
    vocabularies: Object.fromEntries(
      words.map((name, w) => [name, Vocabulary.of(vocabularies[w])]),
    ),
    impressions: columns.impressions,
    clicks: columns.clicks,
    time: Float64Array.from(textsOf('day'), (day) => Date.parse(day) / 1000),
  };
  return takeTable(
    whole,
    Array.from({ length: rows }, (_, k) => STEP * k),
  );
}

/** The model as it would be read back. */
export const modelOf = ({ bytes, card }: Trained): CtrModel => CtrModel.load(bytes, card);

/** A row of a table as people write it. */
export function recordOf(table: CtrTable, row: number): Record<string, string | number> {
  const { schema, values } = table.features;
  const entries = schema.features.map(({ name }, f) => {
    return [name, writtenValue(table, f, values[f][row])] as const;
  });
  return Object.fromEntries(entries);
}
