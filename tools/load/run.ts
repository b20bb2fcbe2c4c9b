import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { goals } from '@adscale/api/load/goals.ts';
import { findK6, runK6 } from './k6-driver.ts';
import { runNodeDriver } from './node-driver.ts';
import { help, parseOptions, UsageError } from './options.ts';
import type { LoadOptions } from './options.ts';
import { allMet, judge, table } from './report.ts';
import { Retraining } from './retraining.ts';

export interface Call {
  args: string[];
  env: Record<string, string | undefined>;
  /** The repository's root. */
  root: string;
  /** A folder for bundles. */
  folder: string;
}

/** `npm run load`; resolves to the exit code. */
export async function run(call: Call): Promise<number> {
  try {
    const options = parseOptions(call.args, call.env);
    if (options === undefined) {
      console.log(help);
      return 0;
    }
    await checkReady(options.baseUrl);
    return (await runScenario(options, call)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function runScenario(options: LoadOptions, call: Call): Promise<boolean> {
  if (options.scenario === 'predict') return runDriver(options, call);
  const retraining = startRetraining(options, call.root);
  const met = await runDriver(options, call).finally(() => retraining.stop());
  const { trainings, failure } = await retraining.stop();
  console.log(`${trainings} models were trained meanwhile`);
  if (failure !== undefined) console.error(`The trainer failed: ${failure}`);
  return met && failure === undefined;
}

async function runDriver(options: LoadOptions, call: Call): Promise<boolean> {
  const { scenario, users, duration, baseUrl } = options;
  const k6 = await findK6(call.env.PATH);
  const driver = k6 === undefined ? 'autocannon' : 'k6';
  console.log(`${scenario}: ${users} users, ${duration} s, ${baseUrl}, with ${driver}`);
  if (k6 !== undefined) return (await runK6(k6, options, call)) === 0;
  const lines = judge(await runNodeDriver(options), goals[scenario]);
  console.log(table(lines));
  return allMet(lines);
}

function startRetraining(options: LoadOptions, root: string): Retraining {
  const trainer = join(root, 'apps', 'trainer', 'dist', 'main.js');
  if (!existsSync(trainer))
    throw new UsageError('The trainer is not built yet. Build it: npx nx build trainer');
  return new Retraining({
    command: process.execPath,
    // one thread: on a small machine more would measure the trainer's hunger, not the switches
    args: [trainer, 'train', '--threads', '1', '--output', resolve(root, options.modelDir)],
    cwd: root,
    // the API looks for a new model every two seconds: publishing faster would hide models from it
    pauseMs: 1000,
  });
}

async function checkReady(baseUrl: string): Promise<void> {
  const answer = await fetch(`${baseUrl}/health/ready`, {
    signal: AbortSignal.timeout(5000),
  }).catch(() => undefined);
  if (answer === undefined)
    throw new UsageError(
      `Nothing answers at ${baseUrl}. Start the API (npm start), or set BASE_URL to where it is.`,
    );
  if (!answer.ok)
    throw new UsageError(
      `The service at ${baseUrl} is not ready: GET /health/ready answered ${answer.status}.`,
    );
}
