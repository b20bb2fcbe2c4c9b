/**
 * What monitoring finds, when, and how often it is wrong: generated traffic, seeded, looked at every day.
 *   nx build monitor && node libs/monitor/bench/simulation.mjs [quiet months]
 */
import assert from 'node:assert/strict';
import { execSync } from 'node:child_process';
import { cpus } from 'node:os';
import { changeOf, logEValue } from '@adscale/monitor';
import { quietMonth } from './quiet.mjs';
import { events, lostSince, sixtyDays } from './scenario.mjs';
import { chanceOf } from './traffic.mjs';

const months = Number(process.argv[2] ?? 200);
const seeds = Math.max(1, Math.ceil(months / 50));
const started = performance.now();

const print = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const header = (...cells) => {
  print(...cells);
  print(...cells.map(() => '---'));
};
const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)];
const round = (value) => Math.round(value).toLocaleString('en-US');

/** Before anything is measured: e-values are 1 on average, and a bet on days is worth what it should. */
function checkEvidence() {
  const { poisson } = chanceOf('check');
  let [sum, changes] = [0, 0];
  const runs = 20_000;
  for (let run = 0; run < runs; run++) {
    const days = [5, 5, 5].map((expected) => ({ clicks: poisson(expected), expected }));
    const clicks = days.reduce((total, day) => total + day.clicks, 0);
    sum += Math.exp(logEValue({ clicks, expected: 15 })) / runs;
    changes += Math.exp(changeOf(days).logE) / runs;
  }
  assert(Math.abs(sum - 1) < 0.05, `an e-value is ${sum} on average`);
  assert(Math.abs(changes - 1) < 0.05, `an e-value of a change is ${changes} on average`);
}

async function printFound() {
  const setting = { impressions: 60_000, placements: 150 };
  const runs = [];
  for (let seed = 0; seed < seeds; seed++) runs.push(await sixtyDays(seed, setting));
  console.log(`60 days of ${round(setting.impressions)} impressions, ${seeds} times:\n`);
  header('what goes wrong', 'on day', 'named', 'days after (median)', 'latest', 'by inputs alone');
  events.forEach(({ name, from }, event) => {
    const after = (days) => days.filter((day) => day !== null).map((day) => day - from + 1);
    const named = after(runs.map((run) => run.named[event]));
    const signed = after(runs.map((run) => run.signed[event]));
    const inputs = signed.length === 0 ? '' : `${middle(signed)} (${signed.length} of ${seeds})`;
    print(
      ...[name, from + 1, `${named.length} of ${seeds}`],
      ...(named.length > 0 ? [middle(named), Math.max(...named)] : ['', '']),
      inputs,
    );
  });
  const falsely = runs.flatMap((run) => run.falsely);
  console.log(`\nNamed besides, on ${60 * seeds} looks: ${falsely.join(', ') || 'nothing'}.\n`);
  return runs;
}

function printMoney(runs) {
  header('in the last report', 'clicks lost', 'interval', 'truly', 'at 0.50 a click');
  let [held, all] = [0, 0];
  for (const { report, days } of runs) {
    for (const cause of report.causes) {
      const event = events.find(({ isNamed }) => isNamed(cause));
      if (event === undefined || cause.parts.length !== 1) continue;
      const truth = lostSince(days, event, cause.since);
      const { clicks, money } = cause.gain;
      held += +(clicks.lower <= truth && truth <= clicks.upper);
      all++;
      if (report !== runs[0].report) continue;
      const interval = `${round(-clicks.upper)} to ${round(-clicks.lower)}`;
      print(cause.words, round(-clicks.value), interval, round(-truth), round(-money.value));
    }
  }
  console.log(`\nIntervals of all ${seeds} runs that hold the truth: ${held} of ${all}.\n`);
}

async function printQuiet() {
  console.log('Months in which nothing goes wrong, looked at at the end of every day:\n');
  header('traffic', 'months', 'a cause was named', 'a sign was raised');
  for (const [name, count, setting] of [
    ['chance alone', months, {}],
    [
      'days differ by 5 %, cells by 10 % beyond chance',
      Math.ceil(months / 8),
      { dayVariance: 0.0025, cellVariance: 0.01 },
    ],
    ['cells differ by 30 % beyond chance', Math.ceil(months / 8), { cellVariance: 0.09 }],
  ]) {
    const seen = [];
    for (let month = 0; month < count; month++) {
      seen.push(
        await quietMonth(`${name} ${month}`, { impressions: 60_000, placements: 30, ...setting }),
      );
    }
    const share = (what) => `${seen.filter((month) => month[what]).length} of ${count}`;
    print(name, count, share('cause'), share('sign'));
  }
}

checkEvidence();
const commit = execSync('git rev-parse --short HEAD 2>/dev/null || echo none').toString().trim();
console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, commit ${commit}\n`);
printMoney(await printFound());
await printQuiet();
console.log(`\n${Math.round((performance.now() - started) / 1000)} s`);
