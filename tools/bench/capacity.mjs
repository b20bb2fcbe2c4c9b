/* npm run bench:capacity: machines and money for a load, from what things cost on this machine. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './capacity/measure.mjs';
import { pageOf } from './capacity/page.mjs';
import { assumptions } from './capacity/plan.mjs';
import { busyLine, describeMachine } from './machine.mjs';

const WIDTH = 18;
const help = `npm run bench:capacity -- [options]

Measures the processor time and the bytes of a prediction, an outcome and a retraining, and those of HAProxy,
Valkey and PostgreSQL beside the service where they are installed, in about two minutes; and computes machines
and money for 10 thousand, 100 thousand and a million predictions a second. Prints the tables of
tools/deploy/capacity.md.

  --json FILE        also write what was measured
  --from FILE        measure nothing: compute from such a file
  --smoke            one short round: checks that it runs
  --help             this text

What is assumed:
${Object.entries(assumptions)
  .map(
    ([name, { fallback, meaning }]) =>
      `  ${`--${name} N`.padEnd(WIDTH)} ${meaning}; default ${fallback}`,
  )
  .join('\n')}
`;

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const text = { type: 'string' };
  const flag = { type: 'boolean', default: false };
  const numbers = Object.fromEntries(Object.keys(assumptions).map((name) => [name, text]));
  const options = { json: text, from: text, smoke: flag, help: flag, ...numbers };
  const { values } = parseArgs({ options });
  const assumed = Object.entries(assumptions).map(([name, { fallback, least }]) => {
    const number = Number(values[name] ?? fallback);
    if ((number > 0 || number === least) && number < 1e6) return [name, number];
    throw new Error(
      `--${name} is ${values[name]}, wanted a number ${least === 0 ? 'from 0' : 'above 0'}`,
    );
  });
  const { utilisation } = Object.fromEntries(assumed);
  if (utilisation > 1) throw new Error(`--utilisation is ${utilisation}, wanted at most 1`);
  const { smoke } = values;
  const effort = smoke
    ? { rounds: 1, seconds: 0.3, outcomes: 1000 }
    : { rounds: 3, seconds: 3, outcomes: 20_000 };
  return { ...values, assumed: Object.fromEntries(assumed), effort };
}

/** @throws Error naming the file, if it is not one that `--json` wrote */
async function measuredBefore(path) {
  try {
    const { machine, costs } = JSON.parse(await readFile(path, 'utf8'));
    if (machine && costs) return { machine, costs };
  } catch (cause) {
    throw new Error(`--from ${path} cannot be read: ${cause.message}`, { cause });
  }
  throw new Error(`--from ${path} has no measurements, wanted a file that --json wrote`);
}

async function measuredHere(effort) {
  const folder = await mkdtemp(join(tmpdir(), 'adscale-bench-'));
  // PostgreSQL runs as another user where we are root.
  await chmod(folder, 0o755);
  try {
    const machine = describeMachine();
    return { machine, costs: await measure(folder, effort) };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function main() {
  const options = readOptions();
  if (options.help) return void console.log(help);
  const measured = options.from
    ? await measuredBefore(options.from)
    : await measuredHere(options.effort);
  if (options.json) await writeFile(options.json, `${JSON.stringify(measured, null, 2)}\n`);
  const busy = busyLine(measured.machine);
  if (busy) console.log(`${busy}\n`);
  console.log(pageOf(measured, options.assumed));
}

try {
  await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
