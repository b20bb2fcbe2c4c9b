/*
 * What each decision takes: its columns, its settings, and the body that is asked with. Everything else of
 * the page is the same for all of them.
 */
import { type Column, extras, type Feature, featureColumn, idColumn } from './columns.js';

export const decisionNames = ['rank', 'forecast', 'compare', 'allocate', 'opportunities'] as const;
export type DecisionName = (typeof decisionNames)[number];

/** Settings of a decision as they are typed. */
export type Settings = Readonly<Record<string, string>>;

export interface Setting {
  readonly name: string;
  readonly label: string;
  readonly kind: 'number' | 'integer' | 'text' | 'choice';
  readonly hint?: string;
  readonly choices?: readonly { readonly id: string; readonly name: string }[];
  readonly isNeeded?: boolean;
  /** Shown without being asked for. */
  readonly isMain?: boolean;
}

export interface Decision {
  readonly name: DecisionName;
  readonly title: string;
  /** What the button says. */
  readonly verb: string;
  readonly says: string;
  /** The list of the request that holds the rows; none where rows are chosen. */
  readonly list?: string;
  /** Rows that the service takes. */
  readonly most: number;
  readonly columns: (features: readonly Feature[], given: Settings) => readonly Column[];
  readonly settings: readonly Setting[];
}

const level: Setting = {
  name: 'level',
  label: 'Level of intervals',
  kind: 'number',
  hint: 'How often they hold, as a share; 0.9 if empty.',
};
const currency: Setting = {
  name: 'currency',
  label: 'Currency',
  kind: 'text',
  hint: 'A code such as EUR; USD if empty.',
};
const all = (features: readonly Feature[]) => features.map(featureColumn);
const has = (features: readonly Feature[], name: string) =>
  features.some((feature) => feature.name === name);

/** What the money moves is not for the table to say. */
const MOVED = ['impressions', 'budget'];

export const decisions: Readonly<Record<DecisionName, Decision>> = {
  rank: {
    name: 'rank',
    title: 'Rank',
    verb: 'Rank',
    says: 'Which placement is worth most, and what to bid. Say what a click is worth in one of three ways: a bid, a value, or a target CPA with a conversion rate.',
    list: 'candidates',
    most: 1000,
    columns: (features) => [
      idColumn,
      ...all(features),
      ...[extras.bid, extras.value, extras.target, extras.conversion, extras.floorEcpm],
    ],
    settings: [
      {
        name: 'floor_ecpm',
        label: 'Floor eCPM',
        kind: 'number',
        isMain: true,
        hint: 'Least value of a thousand impressions that is worth winning.',
      },
      level,
      currency,
    ],
  },
  forecast: {
    name: 'forecast',
    title: 'Forecast',
    verb: 'Forecast',
    says: 'The clicks and the cost to expect of a schedule, and how far off they may be.',
    list: 'schedule',
    most: 1000,
    columns: (features) => [
      idColumn,
      extras.day,
      ...all(features),
      ...(has(features, 'impressions') ? [] : [extras.impressions]),
      ...[extras.cpc, extras.cpm],
    ],
    settings: [level, currency],
  },
  compare: {
    name: 'compare',
    title: 'Compare',
    verb: 'Compare',
    says: 'Which of two placements is better, how sure that is, and how long a live test would take.',
    most: 2000,
    columns: (features) => [idColumn, ...all(features)],
    settings: [
      { name: 'a', label: 'Row of A', kind: 'integer', isMain: true, hint: '1 if empty.' },
      { name: 'b', label: 'Row of B', kind: 'integer', isMain: true, hint: '2 if empty.' },
      {
        name: 'daily',
        label: 'Impressions a day',
        kind: 'number',
        isMain: true,
        hint: 'Of both together: how many days a live test takes.',
      },
      level,
      {
        name: 'significance',
        label: 'Significance of the test',
        kind: 'number',
        hint: 'Chance of a false alarm; 0.05 if empty.',
      },
      {
        name: 'power',
        label: 'Power of the test',
        kind: 'number',
        hint: 'Chance to see the difference; 0.8 if empty.',
      },
    ],
  },
  allocate: {
    name: 'allocate',
    title: 'Allocate',
    verb: 'Allocate',
    says: 'How to split a budget for the most clicks or value, which limits bind, and what one more unit of money would bring. The money decides on impressions and budget, so the table does not ask for them.',
    list: 'cells',
    most: 5000,
    columns: (features, { objective }) => [
      idColumn,
      ...all(features.filter(({ name }) => !MOVED.includes(name))),
      ...[extras.cpc, extras.cpm, extras.floor, extras.cap, extras.inventory],
      // Where clicks are maximised the service takes no value of them.
      ...(objective === 'value' ? [{ ...extras.value, isNeeded: true }] : []),
    ],
    settings: [
      {
        name: 'budget',
        label: 'Budget',
        kind: 'number',
        isMain: true,
        isNeeded: true,
        hint: 'What there is to spend in all.',
      },
      {
        name: 'objective',
        label: 'The most of',
        kind: 'choice',
        isMain: true,
        choices: [
          { id: 'clicks', name: 'Clicks' },
          { id: 'value', name: 'Value' },
        ],
        hint: 'Value needs what a click is worth.',
      },
      {
        name: 'budget_feature',
        label: 'The feature budget is',
        kind: 'choice',
        choices: [
          { id: 'campaign', name: 'The budget of the campaign' },
          { id: 'placement', name: 'What a placement gets' },
        ],
      },
      {
        name: 'campaign_budget',
        label: 'Budget of the campaign',
        kind: 'number',
        hint: 'As the model is told it; the budget above if empty.',
      },
      {
        name: 'method',
        label: 'Method',
        kind: 'choice',
        choices: [
          { id: 'auto', name: 'As the size allows' },
          { id: 'exact', name: 'Exact' },
          { id: 'lagrangian', name: 'Lagrangian' },
        ],
        hint: 'Exact up to 100 placements.',
      },
      level,
      currency,
    ],
  },
  opportunities: {
    name: 'opportunities',
    title: 'Opportunities',
    verb: 'Look',
    says: 'Which placements deserve more money, which deserve none, and which nobody has tried.',
    list: 'placements',
    most: 1000,
    columns: (features) => [idColumn, ...all(features)],
    settings: [
      {
        name: 'from',
        label: 'Look over',
        kind: 'choice',
        isMain: true,
        choices: [
          { id: 'rows', name: 'The rows of the table' },
          { id: 'grid', name: 'All variations of a row' },
        ],
      },
      {
        name: 'floor_ctr',
        label: 'Weak below a CTR of',
        kind: 'number',
        isMain: true,
        hint: 'As a share, such as 0.01. Without it no placement is weak.',
      },
      {
        name: 'top',
        label: 'How many of each',
        kind: 'integer',
        isMain: true,
        hint: 'Up to 20; 5 if empty.',
      },
      {
        name: 'certainty',
        label: 'How sure of a weak one',
        kind: 'number',
        hint: 'As a share; 0.8 if empty.',
      },
      {
        name: 'few_rows',
        label: 'Unexplored below',
        kind: 'number',
        hint: 'Training rows; 20 if empty.',
      },
      level,
    ],
  },
};
