/** What a row of outcomes is counted under. Texts that nobody told are ''. */
export interface CellColumns {
  /** Of the impressions, UTC, `YYYY-MM-DD`. */
  day: string;
  /** Digest of all other columns here. */
  cell_id: string;
  /** Version of the model that predicted. */
  model: string;
  /** The record as JSON, keys in the schema's order, numbers of two significant digits. */
  cell: string;
  /** Features whose words the model did not know, separated by commas, each as in an address. */
  unseen: string;
  campaign: string;
  placement: string;
  arm: string;
}

interface CountColumns {
  impressions: number;
  clicks: number;
  /** Money; null where nobody said. */
  spend: number | null;
}

/** The newest figure of each key of a day that is open; `daily` has the others. */
export interface OutcomeRow extends CellColumns, CountColumns {
  key: string;
  kind: 'prediction' | 'record';
  /** What its growth is counted under. */
  segment: string;
  /** What the model predicted. */
  ctr: number;
  /** When it came, and until when it counts: milliseconds since 1970. */
  received_at: number;
  until: number;
  /** How many figures of the key came; 1: told once. */
  revision: number;
  /** Digest of what was told, so that the same is known again. */
  content: string;
}

/** Every figure of a key that was told more than once. */
export interface HistoryRow extends CountColumns {
  key: string;
  revision: number;
  day: string;
  segment: string;
  /** Days from the beginning of the day to when it was told: 0 on the day itself. */
  age: number;
  content: string;
  until: number;
  received_at: number;
}

/** How the counts of a day grew with its age: first figures of keys, and what restatements added. */
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

/** Outcomes of days that are closed, summed by cell. */
export interface DailyRow extends CellColumns, CountColumns {
  /** Keys. */
  rows: number;
  /** Clicks that the model expected. */
  predicted: number;
}

export interface SettingRow {
  name: string;
  value: string;
}

/** What it takes to read prediction ids of a model that is not served any more. */
export interface ModelRow {
  /** The first bytes of the digest, hexadecimal. */
  digest: string;
  version: string;
  /** Its schema, and by feature the words that it knows, as JSON. */
  schema: string;
}

/** What a model was trained with. */
export interface TrainingRow {
  version: string;
  /** `Training` of its card, as JSON. */
  training: string;
}

export interface OutcomeTables {
  outcomes: OutcomeRow;
  histories: HistoryRow;
  growth: GrowthRow;
  daily: DailyRow;
  /** A view: `daily`, and of each outcome what it would add to it. */
  counted: DailyRow;
  settings: SettingRow;
  models: ModelRow;
  trainings: TrainingRow;
}
