import { parseArgs } from 'node:util';

export type Scenario = 'predict' | 'retrain';

export interface LoadOptions {
  scenario: Scenario;
  /** Seconds of load, 1 to 60. */
  duration: number;
  /** Connections that send at the same time, 1 to 1000. */
  users: number;
  /** Where the API answers, without a slash at the end. */
  baseUrl: string;
  /** The registry folder that the retrain scenario publishes models to. */
  modelDir: string;
}

/** A mistake of the caller's: the message says what to do; the exit code is 2. */
export class UsageError extends Error {}

export const help = `npm run load -- [options]

Puts load on a running API and checks what comes back. Start one first: npm start
Uses k6 when it is on the PATH, autocannon on Node otherwise; the traffic is the same:
2,000 campaigns, Zipf-distributed, whose budgets and impressions drift by 1 %.

  --scenario predict|retrain  predict: requests only (default). retrain: the trainer publishes
                              models during the load; no request may fail, a new model must answer
  --duration SECONDS          1 to 60; default 20
  --users N                   connections at the same time, 1 to 1000; default 50
  --help                      this text

  BASE_URL   where the API answers; default http://127.0.0.1:8000
  MODEL_DIR  the API's registry folder, for retrain; default models. Its newest model stays current.

Exit code: 0 all goals met, 1 a goal missed, 2 it could not run.
`;

/**
 * Options from the command line and the environment; `undefined` when help was asked for.
 * @throws UsageError naming the option, the value got and the value wanted.
 */
export function parseOptions(
  args: string[],
  env: Record<string, string | undefined>,
): LoadOptions | undefined {
  const values = parse(args);
  if (values.help) return undefined;
  const { scenario } = values;
  if (scenario !== 'predict' && scenario !== 'retrain')
    throw new UsageError(`--scenario must be predict or retrain, got "${scenario}"`);
  return {
    scenario,
    duration: integer('--duration', values.duration, 60),
    users: integer('--users', values.users, 1000),
    baseUrl: url(env.BASE_URL || 'http://127.0.0.1:8000'),
    modelDir: env.MODEL_DIR || 'models',
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        scenario: { type: 'string', default: 'predict' },
        duration: { type: 'string', default: '20' },
        users: { type: 'string', default: '50' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee npm run load -- --help`);
  }
}

function integer(name: string, text: string, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > maximum)
    throw new UsageError(`${name} must be an integer from 1 to ${maximum}, got "${text}"`);
  return value;
}

function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw new UsageError(`BASE_URL must be an http:// or https:// address, got "${text}"`);
  return text.replace(/\/+$/, '');
}
