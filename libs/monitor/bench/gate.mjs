/**
 * How often the gate of a canary is wrong, and how soon it is right: simulated trials, seeded, each
 * looked at after every batch of outcomes.
 *   nx build monitor && node libs/monitor/bench/gate.mjs [runs]
 */
import { execSync } from 'node:child_process';
import { cpus } from 'node:os';
import { runTrial } from './gate/trial.mjs';

const runs = Number(process.argv[2] ?? 1000);
const few = Math.ceil(runs / 8);
const started = performance.now();

/** Thirty days, looked at four times a day. */
const month = { days: 30, perDay: 4, impressions: 10_000_000 };
const good = { noise: 0.03 };
const isTenth = ({ device_type }) => device_type === 'tablet';
const off = (factor) => ({ ...good, wrong: (record) => (isTenth(record) ? factor : 1) });

const percent = (part, digits = 1) => `${(100 * part).toFixed(digits)} %`;
const print = (...cells) => console.log(`| ${cells.join(' | ')} |`);
const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(share * values.length))];

function trials(count, setting) {
  return Array.from({ length: count }, (_, seed) => runTrial({ ...month, ...setting, seed }));
}

const commit = execSync('git rev-parse --short HEAD 2>/dev/null || echo none').toString().trim();
console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}, commit ${commit}\n`);

console.log(
  'A canary as good as the current model, watched for 30 days, 10 million impressions:\n',
);
print('canary', 'runs', 'looks each', 'aborted');
print('---', '---', '---', '---');
const alike = { canary: good, current: good, growing: false };
for (const [name, count, setting] of [
  ['as good, with other errors', runs, alike],
  ['the same predictions', few, { ...alike, canary: { noise: 0 }, current: { noise: 0 } }],
  ['as good; records vary by 20 % a day beyond chance', few, { ...alike, spread: 0.2 }],
  ['as good; three tenths of the clicks are told too late', few, { ...alike, told: 0.7 }],
]) {
  const aborted = trials(count, setting).filter(({ end }) => end === 'aborted').length;
  print(name, count, month.days * month.perDay, percent(aborted / count));
}

console.log('\nA canary that is wrong in a tenth of the traffic, or everywhere:\n');
print('canary', 'impressions', 'runs', 'stopped', 'median', '95 of 100', 'after (median)');
print('---', '---', '---', '---', '---', '---', '---');
for (const [name, canary, impressions] of [
  ['10 % too high in a tenth', off(1.1), 10_000_000],
  ['10 % too low in a tenth', off(0.9), 10_000_000],
  ['10 % too high in a tenth', off(1.1), 30_000_000],
  ['10 % too low in a tenth', off(0.9), 30_000_000],
  ['10 % too high everywhere', { noise: 0.03, wrong: () => 1.1 }, 10_000_000],
  ['errors of 20 % by record', { noise: 0.2 }, 10_000_000],
]) {
  const done = trials(few, { canary, current: good, impressions });
  const stopped = done.filter(({ end }) => end === 'aborted');
  // What was let pass has all the rest of the budget go through it.
  const passed = done.map(({ end, passed }) => (end === 'promoted' ? 1 : passed));
  const through = (share) => percent(quantile(passed, share), 2);
  const after = `day ${(
    quantile(
      stopped.map(({ time }) => time),
      0.5,
    ) * month.days
  ).toFixed(1)}`;
  const millions = `${impressions / 1e6} M`;
  const share = percent(stopped.length / few);
  print(name, millions, few, share, through(0.5), through(0.95), after);
}

console.log('\nA canary that is better:\n');
print('canary', 'runs', 'promoted', 'aborted', 'after (median)');
print('---', '---', '---', '---', '---');
for (const [name, canary, current] of [
  ['right where the current model is 10 % too high', good, off(1.1)],
  ['errors of 3 % by record instead of 10 %', good, { noise: 0.1 }],
]) {
  const done = trials(few, { canary, current });
  const times = done.filter(({ end }) => end === 'promoted').map(({ time }) => time);
  const share = (end) => percent(done.filter((each) => each.end === end).length / few);
  const after = times.length === 0 ? '' : `day ${(quantile(times, 0.5) * month.days).toFixed(1)}`;
  print(name, few, share('promoted'), share('aborted'), after);
}
console.error(`\n${((performance.now() - started) / 1000).toFixed(0)} s`);
