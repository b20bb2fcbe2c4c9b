import { applyDecorators } from '@nestjs/common';
import { ApiQuery } from '@nestjs/swagger';
import type { Prices } from '../prices.js';
import { type Parameter, checkOrder, readQuery } from '../record/query.js';
import type { ReportOptions } from './report.js';

/** What is asked where a query does not say. */
export interface Defaults {
  /** Days up to today. */
  readonly days: number;
  readonly prices: Prices;
  /** Today, UTC. */
  readonly today: string;
}

const DAY_MS = 86_400_000;
const YOUNG = ['correct', 'leave-out'] as const;
/** A model's version as registries name them; anything else is none. */
const VERSION = /^[\w.-]{1,128}$/;

interface Given {
  readonly from: string;
  readonly to: string;
  readonly model: string;
  readonly young: (typeof YOUNG)[number];
  readonly alpha: number;
  readonly value: number;
  readonly cpc: number;
  readonly cpm: number;
}

const parameters: { readonly [K in keyof Given]: Parameter<Given[K]> } = {
  from: { rule: 'a day such as 2026-03-01', parse: dayOf },
  to: { rule: 'a day such as 2026-03-01', parse: dayOf },
  model: {
    rule: 'a version of the model',
    parse: (text) => (VERSION.test(text) ? text : undefined),
  },
  young: {
    rule: `one of ${YOUNG.join(', ')}`,
    parse: (text) => YOUNG.find((known) => known === text),
  },
  alpha: { rule: 'a number above 0, at most 0.5', parse: number((alpha) => alpha <= 0.5) },
  value: { rule: 'a price above 0', parse: number() },
  cpc: { rule: 'a price above 0', parse: number() },
  cpm: { rule: 'a price above 0', parse: number() },
};

/**
 * What a query asks about the outcomes.
 * @throws ProblemError INVALID_QUERY
 */
export function questionOf(query: unknown, { days, prices, today }: Defaults): ReportOptions {
  const given = readQuery<Given>(query, parameters);
  const to = given.to ?? today;
  const from = given.from ?? dayBefore(to, days - 1);
  checkOrder(given, today);
  const { value, cpc, cpm } = given;
  const own = {
    ...(value !== undefined && { value_per_click: value }),
    ...(cpc !== undefined && { cpc }),
    ...(cpm !== undefined && { cpm }),
  };
  return {
    ...{ from, to, young: given.young ?? 'correct', alpha: given.alpha ?? 0.05 },
    prices: Object.keys(own).length > 0 ? own : prices,
    ...(given.model !== undefined && { model: given.model }),
  };
}

/** Documents these parameters. */
export function ApiQuestion(): MethodDecorator {
  const parameter = (name: keyof Given, description: string, schema: object) =>
    ApiQuery({ name, required: false, description, schema });
  const day = { type: 'string', format: 'date', example: '2026-03-01' };
  const price = { type: 'number', exclusiveMinimum: 0, example: 0.45 };
  return applyDecorators(
    parameter('from', 'First day, UTC; MONITORING_DAYS before the last one if left out.', day),
    parameter('to', 'Last day, UTC; today if left out.', day),
    parameter('model', 'Only outcomes of this version.', { type: 'string' }),
    parameter(
      'young',
      'Days that still grow: what is expected of them corrected by how days grow, which is what is done if left out, or these days left out.',
      { type: 'string', enum: [...YOUNG] },
    ),
    parameter('alpha', 'How often something may be found that is not there; 0.05 if left out.', {
      ...{ type: 'number', exclusiveMinimum: 0, maximum: 0.5 },
    }),
    parameter(
      'value',
      'What a click is worth, in your money; MONITORING_PRICES if left out.',
      price,
    ),
    parameter('cpc', 'What a click costs.', price),
    parameter('cpm', 'What a thousand impressions cost.', price),
  );
}

function dayOf(text: string): string | undefined {
  const isDay = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
  // 2026-02-30 is none, though it can be parsed.
  return isDay && new Date(text).toISOString().startsWith(text) ? text : undefined;
}

/** The day so many days before another one. */
export function dayBefore(day: string, days: number): string {
  return new Date(Date.parse(day) - days * DAY_MS).toISOString().slice(0, 10);
}

function number(isFine: (value: number) => boolean = () => true) {
  return (text: string): number | undefined => {
    const value = /^\d{1,12}(\.\d{1,12})?$/.test(text) ? Number(text) : NaN;
    return value > 0 && isFine(value) ? value : undefined;
  };
}
