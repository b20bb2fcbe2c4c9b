/*
 * The columns that a table of placements has for a decision: the model's features, and what the decision
 * needs beside them. A column's key is the path of its value in an entry of the request
 * (`record.budget`, `cost.cpm`), so that a refusal of the service names the cell.
 */

/** A feature as the card of a model has it. */
export interface Feature {
  readonly name: string;
  readonly kind: 'numeric' | 'integer' | 'categorical' | 'word';
  readonly description?: string;
  readonly categories?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  readonly example?: number | string;
  /** Words that are whole numbers. */
  readonly whole?: boolean;
  /** A record may lack it. */
  readonly missing?: boolean;
  readonly bias?: { readonly heldAt: number | string };
}

export interface Column {
  readonly key: string;
  /** As a heading of a CSV file has it. */
  readonly name: string;
  /** As people read it. */
  readonly label: string;
  readonly kind: 'number' | 'integer' | 'text' | 'choice' | 'word';
  /** A row that holds anything must hold this. */
  readonly isNeeded: boolean;
  readonly says?: string;
  readonly choices?: readonly string[];
  readonly minimum?: number;
  readonly exclusiveMinimum?: number;
  readonly maximum?: number;
  /** Characters. */
  readonly longest?: number;
  /** Words are numbers. */
  readonly isWhole?: boolean;
}

/** `ad_position` as "Ad position". */
export function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const kinds = {
  numeric: 'number',
  integer: 'integer',
  categorical: 'choice',
  word: 'word',
} as const;

export function featureColumn(feature: Feature): Column {
  const { name, kind, description, categories, missing, bias, whole, ...rest } = feature;
  const { minimum, exclusiveMinimum, maximum } = rest;
  return {
    key: `record.${name}`,
    name,
    label: labelOf(name),
    kind: kinds[kind],
    isNeeded: missing !== true && bias === undefined,
    ...(description !== undefined && { says: description }),
    ...(categories && { choices: categories }),
    ...(minimum !== undefined && { minimum }),
    ...(exclusiveMinimum !== undefined && { exclusiveMinimum }),
    ...(maximum !== undefined && { maximum }),
    ...(whole === true && { isWhole: true }),
  };
}

export const idColumn: Column = {
  key: 'id',
  name: 'id',
  label: 'Name',
  kind: 'text',
  isNeeded: false,
  longest: 200,
  says: 'What you call the placement. Its place in the table if empty.',
};

const extra = (key: string, label: string, says: string, rule: Partial<Column> = {}): Column => ({
  key,
  name: key.slice(key.indexOf('.') + 1),
  label,
  kind: 'number',
  isNeeded: false,
  exclusiveMinimum: 0,
  maximum: 1e9,
  says,
  ...rule,
});

/** Amounts may be nothing, and have as many decimals as the currency has: the service knows how many. */
const AMOUNT = { exclusiveMinimum: undefined, minimum: 0, maximum: 1e12 } as Partial<Column>;

export const extras = {
  bid: extra(
    'bid_cpc',
    'Bid per click',
    'What you bid for a click: one of three ways to say its value.',
  ),
  value: extra('value_per_click', 'Value of a click', 'What a click is worth to you.'),
  target: extra(
    'target_cpa',
    'Target CPA',
    'What an acquisition may cost; needs a conversion rate.',
  ),
  conversion: extra(
    'conversion_rate',
    'Conversion rate',
    'Share of clicks that convert, up to 1.',
    {
      maximum: 1,
    },
  ),
  floorEcpm: extra('floor_ecpm', 'Floor eCPM', 'Least value of a thousand impressions.'),
  cpc: extra('cost.cpc', 'Cost per click', 'Paid for a click; or else say the cost per thousand.'),
  cpm: extra('cost.cpm', 'Cost per 1,000', 'Paid for a thousand impressions.'),
  floor: extra('floor', 'Spend at least', 'The least to spend here.', AMOUNT),
  cap: extra('cap', 'Spend at most', 'The most to spend here; the budget if empty.', AMOUNT),
  inventory: extra(
    'max_impressions',
    'Impressions to buy',
    'How many impressions there are to buy.',
    {
      kind: 'integer',
      exclusiveMinimum: undefined,
      minimum: 1,
      maximum: 1e12,
    } as Partial<Column>,
  ),
  impressions: extra('impressions', 'Impressions', 'Impressions that are planned.', {
    kind: 'integer',
    exclusiveMinimum: undefined,
    minimum: 1,
    maximum: 1e12,
    isNeeded: true,
  } as Partial<Column>),
  day: extra('day', 'Day', 'When it runs, such as 2026-03-01: the fan adds up in this order.', {
    kind: 'text',
    longest: 40,
  }),
};

/** What a cell holds, as the service is sent it; or why that is not possible. */
export interface Read {
  readonly value?: number | string;
  readonly error?: string;
}

/** Reads a tidy text. Nothing is right here, but for what is needed: see `isLacking`. */
export function readCell(column: Column, text: string): Read {
  if (text === '') return {};
  const { kind, choices, longest = 512, isWhole } = column;
  if (kind === 'choice' && choices?.includes(text) === false) {
    return { error: `wanted ${listed(choices)}` };
  }
  if (kind === 'number' || kind === 'integer' || isWhole) return readNumber(column, text);
  return [...text].length > longest
    ? { error: `wanted at most ${longest} characters` }
    : { value: text };
}

function readNumber(column: Column, text: string): Read {
  const value = Number(text);
  const { minimum = -Infinity, exclusiveMinimum = -Infinity, maximum = Infinity } = column;
  const isWhole = column.kind === 'integer' || column.isWhole === true;
  const isRight =
    Number.isFinite(value) &&
    (!isWhole || Number.isInteger(value)) &&
    value >= minimum &&
    value > exclusiveMinimum &&
    value <= maximum;
  return isRight ? { value } : { error: `wanted ${numberRule(column)}` };
}

/** The rule of a number in words. */
export function numberRule(column: Column): string {
  const { kind, isWhole, minimum, exclusiveMinimum, maximum } = column;
  const what = kind === 'integer' || isWhole ? 'a whole number' : 'a number';
  const rules = [
    minimum !== undefined && `at least ${minimum}`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    maximum !== undefined && `at most ${maximum.toLocaleString()}`,
  ].filter((rule) => rule !== false);
  return [what, rules.join(' and ')].filter((part) => part !== '').join(' ');
}

function listed(choices: readonly string[]): string {
  const shown = choices.slice(0, 8).join(', ');
  return choices.length > 8 ? `one of ${shown} and ${choices.length - 8} more` : `one of ${shown}`;
}

const GROUPED = /^-?\d{1,3}([,\u00a0\u202f' ]\d{3})+(\.\d+)?$/;
const DECIMAL_COMMA = /^-?\d+,\d+$/;
const SYMBOLS = /^[$€£¥]\s*|\s*[$€£¥]$/g;

/**
 * A text as a column keeps it. Spreadsheets write numbers for people: with signs of currencies, per cent,
 * groups of thousands, decimal commas. What is not one for sure is kept as it is, to be shown as wrong.
 */
export function tidy(column: Column, given: string): string {
  const text = given.trim();
  const { kind, choices, isWhole } = column;
  if (kind === 'choice') {
    const same = (choice: string) => choice.toLowerCase() === text.toLowerCase();
    return choices?.includes(text) ? text : (choices?.find(same) ?? text);
  }
  if (kind !== 'number' && kind !== 'integer' && !isWhole) return text;
  const plain = text.replace(SYMBOLS, '');
  const share = /^(.*\d)\s*%$/.exec(plain);
  if (share) {
    const value = Number(ungrouped(share[1])) / 100;
    return Number.isFinite(value) ? String(Number(value.toPrecision(15))) : text;
  }
  const number = ungrouped(plain);
  return number !== '' && Number.isFinite(Number(number)) ? number : text;
}

function ungrouped(text: string): string {
  if (GROUPED.test(text)) return text.replace(/[,\u00a0\u202f' ]/g, '');
  return DECIMAL_COMMA.test(text) ? text.replace(',', '.') : text;
}
