import { existsSync } from 'node:fs';
import { access, constants } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { isAbuse, scenarios } from '@adscale/api/load/goals.ts';
import type { AbuseName } from '@adscale/api/load/goals.ts';
import { Abuse } from './abuse.ts';
import { runK6 } from './k6-driver.ts';
import { runNodeDriver } from './node-driver.ts';
import { help, parseOptions, UsageError } from './options.ts';
import type { LoadOptions } from './options.ts';
import { allMet, enduredLines, table } from './report.ts';
import { Retraining } from './retraining.ts';
import { ValkeyOutage } from './valkey-outage.ts';
import type { Sharing } from './valkey-outage.ts';

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
    return (await runScenario(options, call)) ? 0 : 1;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(error.message);
    return 2;
  }
}

async function runScenario(options: LoadOptions, call: Call): Promise<boolean> {
  if (options.scenario === 'valkey-dies') return loseValkey(options, call);
  await checkReady(options.baseUrl);
  const { scenario } = options;
  if (isAbuse(scenario)) return abuse(scenario, options, call);
  return scenario === 'retrain' ? retrain(options, call) : runDriver(options, call);
}

/** Others behave badly while the driver's users do not; k6 could not be as bad. */
async function abuse(name: AbuseName, options: LoadOptions, call: Call): Promise<boolean> {
  const others = new Abuse(name, options.baseUrl);
  let met: boolean;
  try {
    met = await runDriver(options, call);
  } catch (error) {
    await others.stop().catch(() => {});
    throw error;
  }
  const lines = enduredLines(await others.stop(), scenarios[name].goals);
  console.log(table(lines));
  return met && allMet(lines);
}

async function retrain(options: LoadOptions, call: Call): Promise<boolean> {
  const retraining = startRetraining(options, call.root);
  const met = await runDriver(options, call).finally(() => retraining.stop());
  const { trainings, failure } = await retraining.stop();
  console.log(`${trainings} models were trained meanwhile`);
  if (failure !== undefined) console.error(`The trainer failed: ${failure}`);
  return met && failure === undefined;
}

async function loseValkey(options: LoadOptions, call: Call): Promise<boolean> {
  const outage = await prepareOutage(options, call);
  let met = false;
  try {
    const { baseUrl } = outage;
    const both = [
      runDriver({ ...options, baseUrl }, call),
      outage.strike(options.duration),
    ] as const;
    // neither is left under way when the other throws: a server would be started and never ended
    await Promise.allSettled(both);
    const [reached, backMs] = await Promise.all(both);
    met = reportOutage(backMs, await outage.sharing()) && reached;
  } finally {
    const code = await outage.end();
    if (code !== 0) console.error(`The service ended with exit code ${code}.`);
    met &&= code === 0;
  }
  return met;
}

/** Says what the outage did; whether the service shared answers before it and was back after it. */
function reportOutage(backMs: number | undefined, sharing: Sharing): boolean {
  const { writes, skipped, errors, timeouts } = sharing;
  console.log(
    `answers written to Valkey: ${writes}; while it was lost: ` +
      `${skipped} skipped, ${errors} errors, ${timeouts} time-outs`,
  );
  if (writes === 0) console.error('The service shared no answer: Valkey was not used.');
  if (backMs === undefined) console.error('The service did not come back to Valkey.');
  else console.log(`Valkey died and came back; the service wrote to it ${backMs} ms later`);
  return writes > 0 && backMs !== undefined;
}

async function prepareOutage({ modelDir }: LoadOptions, { root, env }: Call) {
  const program = await findProgram(['valkey-server', 'redis-server'], env.PATH);
  if (program === undefined)
    throw new UsageError(
      'valkey-dies needs valkey-server or redis-server on the PATH, and there is neither.',
    );
  const main = builtProgram(root, 'api');
  const models = resolve(root, modelDir);
  if (!existsSync(join(models, 'current')))
    throw new UsageError(`No model in ${models} yet. Train one: npx nx run trainer:train`);
  return ValkeyOutage.prepare(program, main, models);
}

async function runDriver(options: LoadOptions, call: Call): Promise<boolean> {
  const { scenario, users, duration, baseUrl } = options;
  const k6 = await findProgram(['k6'], call.env.PATH);
  const driver = k6 === undefined ? 'autocannon' : 'k6';
  console.log(`${scenario}: ${users} users, ${duration} s, ${baseUrl}, with ${driver}`);
  if (k6 !== undefined) return (await runK6(k6, options, call)) === 0;
  const lines = await runNodeDriver(options);
  console.log(table(lines));
  return allMet(lines);
}

function startRetraining(options: LoadOptions, root: string): Retraining {
  const trainer = builtProgram(root, 'trainer');
  return new Retraining({
    command: process.execPath,
    // one thread: on a small machine more would measure the trainer's hunger, not the switches
    args: [trainer, 'train', '--threads', '1', '--output', resolve(root, options.modelDir)],
    cwd: root,
    // the API looks for a new model every two seconds: publishing faster would hide models from it
    pauseMs: 1000,
  });
}

function builtProgram(root: string, app: 'api' | 'trainer'): string {
  const main = join(root, 'apps', app, 'dist', 'main.js');
  if (existsSync(main)) return main;
  throw new UsageError(`apps/${app} is not built yet. Build it: npx nx build ${app}`);
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

/** The path of the first of these programs that a folder of `path`, as in PATH, holds. */
export async function findProgram(
  names: string[],
  path: string | undefined,
): Promise<string | undefined> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const folders = (path ?? '').split(delimiter).filter(Boolean);
  for (const name of names) {
    for (const folder of folders) {
      const file = join(folder, name + suffix);
      if (await isExecutable(file)) return file;
    }
  }
  return undefined;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}
