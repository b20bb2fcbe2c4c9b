import { resolve } from 'node:path';

/** Everything that can be set about a running service; read once, at start. */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly modelDir: string;
  readonly modelPollMs: number;
  readonly cacheEntries: number;
  readonly cacheTtlSeconds: number;
  readonly bodyLimitBytes: number;
  readonly requestTimeoutMs: number;
  readonly shutdownDelayMs: number;
  readonly logLevel: LogLevel;
}

const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** One environment variable: what it means, what it may be and what it is when it is not set. */
export interface Setting<T> {
  readonly variable: string;
  readonly fallback: string;
  readonly wanted: string;
  readonly meaning: string;
  /** The value that `text` stands for, or undefined when it stands for none. */
  readonly parse: (text: string) => T | undefined;
}

const DAY_MS = 86_400_000;

/** All settings, by their place in `Config`. The README's table is this one. */
export const settings: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  port: whole('PORT', 8000, 0, 65_535, 'Port to listen on; 0 takes a free one.'),
  host: text('HOST', '0.0.0.0', 'an address or host name', 'Address to listen on.'),
  modelDir: {
    ...text('MODEL_DIR', './models', 'a folder', 'Registry folder that the trainer writes to.'),
    parse: (folder) => resolve(folder),
  },
  modelPollMs: whole(
    'MODEL_POLL_MS',
    2000,
    0,
    DAY_MS,
    'How often to look for a new model, in milliseconds; 0 only at start.',
  ),
  cacheEntries: whole(
    'CACHE_ENTRIES',
    100_000,
    0,
    10_000_000,
    'Most cells whose answers are kept; 0 keeps none.',
  ),
  cacheTtlSeconds: whole(
    'CACHE_TTL_SECONDS',
    3600,
    0,
    31_536_000,
    'How long an answer is kept, in seconds; 0 until it is pushed out.',
  ),
  bodyLimitBytes: whole(
    'BODY_LIMIT_BYTES',
    1_048_576,
    1,
    1_073_741_824,
    'Longest request body, in bytes.',
  ),
  requestTimeoutMs: whole(
    'REQUEST_TIMEOUT_MS',
    10_000,
    100,
    3_600_000,
    'How long a client may take to send a request, in milliseconds.',
  ),
  shutdownDelayMs: whole(
    'SHUTDOWN_DELAY_MS',
    500,
    0,
    600_000,
    'From SIGTERM, how long to go on serving while /health/ready says 503, in milliseconds.',
  ),
  logLevel: {
    variable: 'LOG_LEVEL',
    fallback: 'info',
    wanted: `one of ${LOG_LEVELS.join(', ')}`,
    meaning: 'Least severe log lines to write; debug adds health checks.',
    parse: (level) => LOG_LEVELS.find((known) => known === level),
  },
};

function whole(
  variable: string,
  fallback: number,
  minimum: number,
  maximum: number,
  meaning: string,
): Setting<number> {
  const parse = (digits: string) => {
    const value = /^\d{1,15}$/.test(digits) ? Number(digits) : NaN;
    return value >= minimum && value <= maximum ? value : undefined;
  };
  const wanted = `a whole number from ${minimum} to ${maximum}`;
  return { variable, fallback: String(fallback), wanted, meaning, parse };
}

function text(
  variable: string,
  fallback: string,
  wanted: string,
  meaning: string,
): Setting<string> {
  return { variable, fallback, wanted, meaning, parse: (value) => value };
}

/** The environment asks for something that cannot be; one line for each wrong variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/**
 * Reads the settings. A variable that is missing or empty has its default.
 * @throws ConfigError naming every variable that is wrong, the value got and the value wanted
 */
export function readConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const wrong: string[] = [];
  const entries = Object.entries(settings).map(([name, setting]) => {
    const { variable, fallback, wanted, parse } = setting as Setting<unknown>;
    const given = environment[variable]?.trim() || fallback;
    const value = parse(given);
    if (value === undefined) {
      wrong.push(`${variable}: got ${JSON.stringify(given)}, wanted ${wanted}`);
    }
    return [name, value];
  });
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  return Object.fromEntries(entries) as Config;
}
