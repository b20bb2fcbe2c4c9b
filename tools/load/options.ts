import { parseArgs } from 'node:util';
import { scenarios } from '@adscale/api/load/goals.ts';
import type { ScenarioName } from '@adscale/api/load/goals.ts';

export interface LoadOptions {
  scenario: ScenarioName;
  /** Seconds of load: 1 to 60, or to four hours of a soak. */
  duration: number;
  /** Connections that send at the same time, 1 to 2000; of a spike, the most. */
  users: number;
  /** Requests before the latency counts, 0 to a million. */
  warmUp: number;
  /** Where the API answers, without a slash at the end; of no meaning for valkey-dies. */
  baseUrl: string;
  /** The registry folder: of the API that retrain publishes to, and that valkey-dies starts. */
  modelDir: string;
}

/** A mistake of the caller's: the message says what to do; the exit code is 2. */
export class UsageError extends Error {}

const names = Object.keys(scenarios) as ScenarioName[];
const LONGEST_SOAK = 4 * 3600;

export const help = `npm run load -- [options]

Puts load on a running API and checks what comes back. Start one first: npm start
Uses k6 when it is on the PATH, autocannon on Node otherwise; the traffic is the same:
2,000 campaigns, Zipf-distributed, whose budgets and impressions drift by 1 %.

  --scenario NAME      smoke        a request of every kind, two users
                       steady       predictions on a warm cache (default)
                       spike        from 5 users to 200 and back
                       soak         steady for ten minutes or more: does memory grow?
                       retrain      the trainer publishes models meanwhile
                       valkey-dies  starts a service and a Valkey of its own, kills the latter
                                    under load and starts it again
                       pipelining-abuse
                                    others send 1,000 requests behind an answer without end and
                                    hang up: do predictions go on, does a slot get lost?
                       slow-readers others neither read their answers nor end their uploads: do
                                    predictions go on, does memory suffice?
                       decision-storm  predictions alone, then beside the largest decisions
  --duration SECONDS   1 to 60, of a soak to ${LONGEST_SOAK}; default by scenario, steady 20
  --users N            connections at the same time, 1 to 2000; default by scenario, steady 50
  --warm-up N          requests before steady and soak take the time; default 60000
  --help               this text

  BASE_URL   where the API answers; default http://127.0.0.1:8000
  MODEL_DIR  the API's registry folder, for retrain and valkey-dies; default models. Retrain's
             newest model stays current.

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
  const scenario = scenarioOf(values.scenario);
  const { seconds, users, warmUp } = scenarios[scenario];
  const longest = scenario === 'soak' ? LONGEST_SOAK : 60;
  const { duration = String(seconds) } = values;
  return {
    scenario,
    duration: integer('--duration', duration, 1, longest),
    users: integer('--users', values.users ?? String(users), 1, 2000),
    warmUp: integer('--warm-up', values['warm-up'] ?? String(warmUp), 0, 1_000_000),
    baseUrl: url(env.BASE_URL || 'http://127.0.0.1:8000'),
    modelDir: env.MODEL_DIR || 'models',
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        scenario: { type: 'string', default: 'steady' },
        duration: { type: 'string' },
        users: { type: 'string' },
        'warm-up': { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\nSee npm run load -- --help`);
  }
}

function scenarioOf(text: string): ScenarioName {
  const scenario = names.find((name) => name === text);
  if (scenario !== undefined) return scenario;
  throw new UsageError(`--scenario must be one of ${names.join(', ')}, got "${text}"`);
}

function integer(name: string, text: string, minimum: number, maximum: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < minimum || value > maximum)
    throw new UsageError(`${name} must be an integer from ${minimum} to ${maximum}, got "${text}"`);
  return value;
}

function url(text: string): string {
  const parsed = URL.canParse(text) ? new URL(text) : undefined;
  if (parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:')
    throw new UsageError(`BASE_URL must be an http:// or https:// address, got "${text}"`);
  return text.replace(/\/+$/, '');
}
