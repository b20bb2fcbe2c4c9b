import { tellComparison } from '../models/comparison.js';
import { DAY } from './days.js';
import type { LearnedOutcomes, RetrainResult } from './run.js';

const count = (number: number): string => number.toLocaleString('en');

/** A run's outcome as a person reads it. */
export function tellRun(result: RetrainResult): string {
  const { current, outcomes, held_out_from, half_life, comparison, canary, reason } = result;
  return [
    `current          ${current}`,
    ...(outcomes === undefined ? [] : tellOutcomes(outcomes)),
    ...(held_out_from === undefined
      ? []
      : [`held out         outcomes from ${held_out_from} on, which neither model learned from`]),
    ...(half_life === undefined
      ? []
      : [
          `recency          rows count half when ${Number((half_life / DAY).toPrecision(3))} days older`,
        ]),
    ...(comparison === undefined ? [] : [tellComparison(comparison)]),
    `outcome          ${reason}`,
    ...(canary?.reason === undefined ? [] : [canary.reason]),
  ].join('\n');
}

function tellOutcomes(outcomes: LearnedOutcomes): string[] {
  const { first, last, days, cells, impressions, clicks, left_out: left, arms } = outcomes;
  if (cells === 0) return ['outcomes         none that are mature', ...tellLeft(left)];
  const marked = Object.entries(arms).map(([arm, rows]) => `${arm} (${count(rows)})`);
  return [
    `outcomes         ${count(days)} days, ${first} to ${last}: ${count(cells)} cells, ${count(impressions)} impressions, ${count(clicks)} clicks`,
    ...(marked.length === 0 ? [] : [`experiments      ${marked.join(', ')}`]),
    ...tellLeft(left),
  ];
}

const tellLeft = (left: LearnedOutcomes['left_out']): string[] =>
  Object.entries(left).map(
    ([reason, cells]) => `left out         ${count(cells)} cells: ${reason}`,
  );
