/** What a row of outcomes is counted under. Texts that nobody told are ''. */
export interface CellColumns {
  /** Of the impressions, UTC, `YYYY-MM-DD`. */
  day: string;
  /** Version of the model that predicted. */
  model: string;
  /** The record as JSON, keys in the schema's order, numbers of two significant digits. */
  cell: string;
  /** Features whose words the model did not know, separated by commas. */
  unseen: string;
  campaign: string;
  placement: string;
  arm: string;
}

interface CountColumns {
  impressions: number;
  clicks: number;
  /** Clicks that the model expected. */
  predicted: number;
  /** Money; null where nobody said. */
  spend: number | null;
}

/** The newest figure of each key that is young; `daily` has the others. */
export interface OutcomeRow extends CellColumns, CountColumns {
  key: string;
  kind: 'prediction' | 'record';
  /** When it came, and until when it counts: milliseconds since 1970. */
  received_at: number;
  until: number;
  /** How many figures of the key came; 1: told once. */
  revision: number;
  /** Digest of what was told, so that the same is known again. */
  content: string;
}

/** Every figure of a key that was told more than once. */
export interface HistoryRow {
  key: string;
  revision: number;
  day: string;
  segment: string;
  /** Days between the end of the day and when it was told. */
  age: number;
  content: string;
  impressions: number;
  clicks: number;
  spend: number | null;
  until: number;
  received_at: number;
}

/** How the counts of a day grew with its age: first figures, and what restatements added. */
export interface GrowthRow {
  day: string;
  segment: string;
  age: number;
  first_keys: number;
  first_impressions: number;
  first_clicks: number;
  more_impressions: number;
  more_clicks: number;
}

/** Mature outcomes, summed by cell. */
export interface DailyRow extends CellColumns, CountColumns {
  /** Digest of the cell's columns. */
  id: string;
  /** Keys. */
  rows: number;
}

/** Keys that were summed, so that one is not counted again. */
export interface CompactedRow {
  key: string;
  day: string;
}

export interface SettingRow {
  name: string;
  value: string;
}

/** What it takes to read prediction ids of a model that is not served any more. */
export interface ModelRow {
  version: string;
  /** The first bytes of the digest, hexadecimal. */
  digest: string;
  /** The schema and the vocabularies as JSON. */
  schema: string;
}

export interface OutcomeTables {
  outcomes: OutcomeRow;
  histories: HistoryRow;
  growth: GrowthRow;
  daily: DailyRow;
  compacted: CompactedRow;
  settings: SettingRow;
  models: ModelRow;
}
