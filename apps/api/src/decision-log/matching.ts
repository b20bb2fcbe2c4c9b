/** What came of an entry, counted. */
export interface Counted {
  impressions: number;
  clicks: number;
  /** Money; null where nobody said. */
  spend: number | null;
}

/**
 * What an outcome's record must be to belong to an entry: values by feature, as outcomes write them. None:
 * no record tells the entry from another.
 */
export type EntryForm = Readonly<Record<string, string | number | null>>;

/** Finds the entry that a record belongs to: the one that says the most of it. */
export class RecordMatcher {
  /** By the features that entries say, the most first: places by their values. */
  private readonly tables: readonly {
    readonly names: readonly string[];
    readonly places: ReadonlyMap<string, number>;
  }[];

  constructor(forms: readonly EntryForm[]) {
    const tables = new Map<string, { names: readonly string[]; places: Map<string, number> }>();
    forms.forEach((form, place) => {
      const names = Object.keys(form).toSorted();
      if (names.length === 0) return;
      const kind = JSON.stringify(names);
      const table = tables.get(kind) ?? { names, places: new Map<string, number>() };
      table.places.set(keyOf(names, form), place);
      tables.set(kind, table);
    });
    this.tables = [...tables.values()].toSorted((a, b) => b.names.length - a.names.length);
  }

  get isEmpty(): boolean {
    return this.tables.length === 0;
  }

  /** @param cell a record as JSON */
  placeOf(cell: string): number | undefined {
    const record = JSON.parse(cell) as EntryForm;
    for (const { names, places } of this.tables) {
      const place = places.get(keyOf(names, record));
      if (place !== undefined) return place;
    }
    return undefined;
  }
}

/** Forms that two entries share are nobody's: outcomes of their records cannot be told apart. */
export function distinctForms(forms: readonly EntryForm[]): EntryForm[] {
  const counts = new Map<string, number>();
  const keys = forms.map((form) => JSON.stringify(Object.entries(form).toSorted()));
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return forms.map((form, i) => (counts.get(keys[i]) === 1 ? form : {}));
}

function keyOf(names: readonly string[], record: EntryForm): string {
  return JSON.stringify(names.map((name) => record[name] ?? null));
}
