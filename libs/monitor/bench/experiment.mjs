/*
 * How often an experiment is wrong that is looked at after every day, how often it is right at its planned
 * size, and what it took. Seeded; prints a Markdown table.
 *
 * usage: node libs/monitor/bench/experiment.mjs
 */
import assert from 'node:assert/strict';
import { experimentSize, judgeExperiment } from '@adscale/monitor';
import { randomBinomial } from 'd3-random';
import seedrandom from 'seedrandom';

const RUNS = 400;
const DAYS = 14;
const [CTR, UPLIFT, ALPHA, POWER] = [0.05, 0.2, 0.05, 0.8];

/** Days of outcomes; the CTR of a day moves all arms, and each impression is given an arm by chance. */
function days(ctrs, impressions, random) {
  const draw = randomBinomial.source(random);
  return Array.from({ length: DAYS }, (_, day) => {
    const mood = 0.6 + 0.8 * random();
    let left = Math.round(impressions / DAYS);
    return Object.entries(ctrs).map(([arm, ctr], i, { length }) => {
      const shown = i === length - 1 ? left : draw(left, 1 / (length - i))();
      left -= shown;
      return { arm, day: String(day), impressions: shown, clicks: draw(shown, ctr * mood)() };
    });
  });
}

function simulate(seed, ctrs, impressions) {
  const names = Object.keys(ctrs);
  const arms = names.map((name) => ({ name, share: 1 / names.length }));
  const design = { arms, alpha: ALPHA, uplift: UPLIFT, dispersion: 1, impressions };
  const random = seedrandom(seed);
  const told = { found: 0, wrong: 0, broken: 0, took: [] };
  for (let run = 0; run < RUNS; run++) {
    const counts = [];
    let foundOn;
    let isBroken = false;
    for (const [day, today] of days(ctrs, impressions, random).entries()) {
      counts.push(...today);
      const result = judgeExperiment(design, counts);
      isBroken ||= result.mismatch.found;
      if (result.arms.some((arm) => arm.against_control?.found)) foundOn ??= day + 1;
    }
    told.broken += isBroken;
    told.found += foundOn !== undefined;
    if (foundOn !== undefined) told.took.push(foundOn / DAYS);
  }
  return told;
}

const wanted = { ctr: CTR, uplift: UPLIFT, power: POWER, dispersion: 1 };
const size = (arms) =>
  experimentSize({
    ...wanted,
    shares: [1 / arms, 1 / arms],
    alpha: ALPHA / (arms - 1),
    scale: Math.log1p(UPLIFT),
  });
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const cases = [
  ['two arms alike', { a: CTR, b: CTR }],
  ['four arms alike', { a: CTR, b: CTR, c: CTR, d: CTR }],
  ['one of two 20 % better', { a: CTR, b: CTR * (1 + UPLIFT) }],
  ['one of four 20 % better', { a: CTR, b: CTR, c: CTR, d: CTR * (1 + UPLIFT) }],
];
console.log(
  '| experiments | planned impressions | something found | took (median) | called broken |',
);
console.log('| --- | ---: | ---: | ---: | ---: |');
for (const [name, ctrs] of cases) {
  const planned = size(Object.keys(ctrs).length);
  const { found, broken, took } = simulate(name, ctrs, planned);
  const isNull = name.endsWith('alike');
  if (isNull) assert.ok(found / RUNS <= ALPHA, `${name}: ${found} of ${RUNS} wrong`);
  else assert.ok(found / RUNS >= POWER - 0.05, `${name}: ${found} of ${RUNS} found`);
  const median = took.toSorted((a, b) => a - b)[took.length >> 1];
  const spent = isNull || median === undefined ? '' : `${percent(median)} of it`;
  const cells = [name, planned.toLocaleString('en'), percent(found / RUNS), spent];
  console.log(`| ${[...cells, percent(broken / RUNS)].join(' | ')} |`);
}
