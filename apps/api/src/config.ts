import { resolve } from 'node:path';
import { type KeyKind, keyKinds } from '@adscale/cache';
import { ADDRESS_WANTED, readAddress } from '@adscale/ctr';
import { type Prices, PRICES_WANTED, parsePrices } from './prices.js';
import { SECRET_WANTED, parseSecret } from './secret.js';
import { API_KEYS_WANTED, type ApiKey, parseApiKeys } from './security/api-keys.js';

/** Everything that can be set about a running service; read once, at start. */
export interface Config {
  readonly port: number;
  readonly host: string;
  /** Null: no gRPC. */
  readonly grpcPort: number | null;
  /** An absolute path, or the address of a bucket. */
  readonly modelDir: string;
  readonly modelPollMs: number;
  readonly cacheEntries: number;
  readonly cacheTtlSeconds: number;
  readonly cacheBytes: number;
  readonly cacheKey: KeyKind;
  readonly bodyLimitBytes: number;
  readonly batchLimit: number;
  readonly batchBodyLimitBytes: number;
  readonly modelName: string;
  readonly requestTimeoutMs: number;
  readonly shutdownDelayMs: number;
  readonly workers: number;
  readonly workerStartMs: number;
  readonly apiKeys: readonly ApiKey[];
  readonly rateLimitPerMinute: number;
  readonly trustProxy: number;
  readonly corsOrigins: readonly string[];
  readonly maxInFlight: number;
  readonly maxInFlightBytes: number;
  readonly maxEventStreams: number;
  readonly maxLagMs: number;
  readonly decisionThreads: number;
  readonly decisionQueue: number;
  readonly valkeyUrl: string;
  /** `off`, `file:` with an absolute path, or the address of a server. */
  readonly outcomesUrl: string;
  /** '': one that the store keeps. */
  readonly predictionKey: string;
  /** 0: any number. */
  readonly outcomesMaxBytes: number;
  readonly outcomesMatureDays: number;
  readonly outcomesRetentionDays: number;
  readonly decisionLog: boolean;
  readonly decisionLogDays: number;
  readonly decisionLogMost: number;
  readonly monitoringSeconds: number;
  readonly monitoringDays: number;
  readonly monitoringPrices: Prices;
  /** Empty: nobody is told. */
  readonly alertWebhookUrl: string;
  readonly alertWebhookSecret: string;
  /** Whether people who open the address of the service see its page. */
  readonly dashboard: boolean;
  readonly trainer: boolean;
  readonly uploadDir: string;
  readonly uploadLimitBytes: number;
  readonly uploadTotalBytes: number;
  readonly trainingMinutes: number;
  readonly trainingMemoryMb: number;
  readonly trainingDiskMb: number;
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
  /** The value is not repeated in messages, because it may hold a secret; some values, if a function says which. */
  readonly secret?: boolean | ((given: string) => boolean);
  /** The value that `text` stands for, or undefined when it stands for none. */
  readonly parse: (text: string) => T | undefined;
}

const DAY_MS = 86_400_000;

/** All settings, by their place in `Config`. The README's table is this one. */
export const settings: { readonly [K in keyof Config]: Setting<Config[K]> } = {
  port: whole('PORT', 8000, 0, 65_535, 'Port to listen on; 0 takes a free one.'),
  host: text('HOST', '0.0.0.0', 'an address or host name', 'Address to listen on.'),
  grpcPort: optional(
    whole(
      'GRPC_PORT',
      0,
      0,
      65_535,
      'Port for the Open Inference Protocol over gRPC; 0 takes a free one; no gRPC when not set.',
    ),
  ),
  modelDir: {
    ...text(
      'MODEL_DIR',
      './models',
      `a folder, ${ADDRESS_WANTED}`,
      "Registry that the trainer writes to, or a folder with one version's files.",
    ),
    secret: (given) => given.includes('@'),
    parse: parseRegistry,
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
  cacheBytes: whole(
    'CACHE_BYTES',
    0,
    0,
    2 ** 40,
    'Most bytes that the answers kept may take, about; 0 any number.',
  ),
  cacheKey: {
    variable: 'CACHE_KEY',
    fallback: 'cell',
    wanted: `one of ${keyKinds.join(', ')}`,
    meaning: 'What an answer is kept under: its cell, which loses nothing, or the exact record.',
    parse: (kind) => keyKinds.find((known) => known === kind),
  },
  bodyLimitBytes: whole(
    'BODY_LIMIT_BYTES',
    1_048_576,
    1,
    1_073_741_824,
    'Longest request body, and longest line of a stream, in bytes.',
  ),
  batchLimit: whole('BATCH_LIMIT', 10_000, 1, 1_000_000, 'Most records of one batch.'),
  batchBodyLimitBytes: whole(
    'BATCH_BODY_LIMIT_BYTES',
    8_388_608,
    1,
    1_073_741_824,
    'Longest body of a batch, in bytes.',
  ),
  modelName: {
    ...text(
      'MODEL_NAME',
      'ctr',
      'up to 64 letters, digits and . _ -',
      'Name of the model under /v2/models.',
    ),
    parse: (name) => (/^[\w.-]{1,64}$/.test(name) ? name : undefined),
  },
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
  workers: whole(
    'WORKERS',
    1,
    1,
    1024,
    'Processes that share the port, one for each core to use; /stats speaks for all of them.',
  ),
  workerStartMs: whole(
    'WORKER_START_MS',
    120_000,
    1000,
    3_600_000,
    'With several workers, how long one may take to start before it is ended and replaced, in milliseconds.',
  ),
  apiKeys: {
    variable: 'API_KEYS',
    fallback: '',
    wanted: API_KEYS_WANTED,
    meaning: 'Who may call: without keys everybody may predict and nobody administer.',
    secret: true,
    parse: parseApiKeys,
  },
  rateLimitPerMinute: whole(
    'RATE_LIMIT_PER_MINUTE',
    0,
    0,
    1_000_000_000,
    'Most requests a minute of one API key, or of one address without key; 0 any number.',
  ),
  trustProxy: whole(
    'TRUST_PROXY',
    0,
    0,
    16,
    'Reverse proxies in front whose x-forwarded-for tells the address; 0 none.',
  ),
  corsOrigins: {
    variable: 'CORS_ORIGINS',
    fallback: '',
    wanted: 'origins such as https://tool.example, separated by commas',
    meaning: 'Web pages of these origins may call; none when not set.',
    parse: parseOrigins,
  },
  maxInFlight: whole(
    'MAX_IN_FLIGHT',
    1000,
    0,
    1_000_000,
    'Most requests under way at once; more are answered 503. 0 any number.',
  ),
  maxInFlightBytes: whole(
    'MAX_IN_FLIGHT_BYTES',
    67_108_864,
    0,
    2 ** 40,
    'Most bytes of bodies above 16 KiB under way at once in a process; more are answered 503. 0 any number.',
  ),
  maxEventStreams: whole(
    'MAX_EVENT_STREAMS',
    100,
    0,
    1_000_000,
    'Most clients of /stats/stream at once in a process; more are answered 503. 0 any number.',
  ),
  maxLagMs: whole(
    'MAX_LAG_MS',
    200,
    0,
    60_000,
    'Longest that requests may wait for the processor, in milliseconds, before new ones are answered 503. 0 any time.',
  ),
  decisionThreads: whole(
    'DECISION_THREADS',
    0,
    0,
    64,
    'Threads of each process for decisions and explanations; 0: its share of the cores less one, at least one.',
  ),
  decisionQueue: whole(
    'DECISION_QUEUE',
    64,
    0,
    10_000,
    'Most decisions and explanations that wait for a thread; more are answered 503.',
  ),
  valkeyUrl: {
    variable: 'VALKEY_URL',
    fallback: '',
    wanted: 'an address such as redis://127.0.0.1:6379',
    meaning:
      'Valkey, or Redis, that replicas share limits, statistics and costly answers by; none when not set.',
    secret: true,
    parse: (url) => (url === '' || /^(valkey|redis)s?:\/\/[^\s]+$/.test(url) ? url : undefined),
  },
  outcomesUrl: {
    variable: 'OUTCOMES_URL',
    fallback: 'file:./outcomes/outcomes.db',
    wanted: 'file:PATH, an address such as postgres://user:password@host/database, or off',
    meaning:
      'Where outcomes are kept: a file of SQLite, or a database of PostgreSQL, which replicas share.',
    secret: true,
    parse: parseStoreUrl,
  },
  predictionKey: {
    variable: 'PREDICTION_KEY',
    fallback: '',
    wanted: 'at least 32 characters that nobody can guess',
    meaning:
      'Secret that prediction ids are signed with; when not set, a random one that the store keeps.',
    secret: true,
    parse: (secret) => (secret === '' || secret.length >= 32 ? secret : undefined),
  },
  outcomesMaxBytes: whole(
    'OUTCOMES_MAX_BYTES',
    0,
    0,
    2 ** 44,
    'Most bytes that the file of SQLite may take; then outcomes are answered 503. 0 any number.',
  ),
  outcomesMatureDays: whole(
    'OUTCOMES_MATURE_DAYS',
    14,
    1,
    365,
    'Days that a day stays open for restatements after its last outcome came; then its outcomes are summed.',
  ),
  outcomesRetentionDays: whole(
    'OUTCOMES_RETENTION_DAYS',
    400,
    1,
    36_500,
    'Days that outcomes are kept; older ones are forgotten, and refused.',
  ),
  decisionLog: onOrOff(
    'DECISION_LOG',
    'off',
    'Keep answers of /rank, /allocate and /forecast in the store, to be judged when outcomes are in.',
  ),
  decisionLogDays: whole(
    'DECISION_LOG_DAYS',
    90,
    0,
    36_500,
    'How long the answers of decisions are kept, in days; 0 for ever.',
  ),
  decisionLogMost: whole(
    'DECISION_LOG_MOST',
    100_000,
    0,
    1_000_000_000,
    'Most decisions that are kept, about; older ones are dropped. 0 any number.',
  ),
  monitoringSeconds: whole(
    'MONITORING_SECONDS',
    30,
    0,
    86_400,
    'How often to look for new outcomes and judge the models by them, in seconds; 0 only when asked.',
  ),
  monitoringDays: whole(
    'MONITORING_DAYS',
    28,
    2,
    400,
    'Days of outcomes that models are judged by, unless a question says from when.',
  ),
  monitoringPrices: {
    variable: 'MONITORING_PRICES',
    fallback: '',
    wanted: PRICES_WANTED,
    meaning: 'What a click or an impression is worth, so that misses are told in money.',
    parse: parsePrices,
  },
  alertWebhookUrl: {
    variable: 'ALERT_WEBHOOK_URL',
    fallback: '',
    wanted: 'an address such as https://tool.example/hook',
    meaning: 'Where alerts are sent to; nowhere when not set.',
    secret: true,
    parse: (url) => (url === '' || /^https?:\/\/[^\s]+$/.test(url) ? url : undefined),
  },
  alertWebhookSecret: {
    ...text(
      'ALERT_WEBHOOK_SECRET',
      '',
      SECRET_WANTED,
      'What alerts are signed with, so that their receiver knows who sent them.',
    ),
    secret: true,
    parse: parseSecret,
  },
  dashboard: onOrOff(
    'DASHBOARD',
    'on',
    'Serve the dashboard at / to browsers; off leads them to /docs.',
  ),
  trainer: onOrOff(
    'TRAINER',
    'off',
    'Take files under /training, and train on them beside the service: the trainer must be installed here.',
  ),
  uploadDir: {
    ...text('UPLOAD_DIR', './uploads', 'a folder', 'Where files to train on, and jobs, are kept.'),
    parse: (folder) => resolve(folder),
  },
  uploadLimitBytes: whole(
    'UPLOAD_LIMIT_BYTES',
    268_435_456,
    1,
    2 ** 40,
    'Most bytes of one file to train on.',
  ),
  uploadTotalBytes: whole(
    'UPLOAD_TOTAL_BYTES',
    2_147_483_648,
    1,
    2 ** 44,
    'Most bytes of all files to train on together.',
  ),
  trainingMinutes: whole(
    'TRAINING_MINUTES',
    60,
    1,
    10_080,
    'Longest that a job of the trainer may take, in minutes.',
  ),
  trainingMemoryMb: whole(
    'TRAINING_MEMORY_MB',
    2048,
    256,
    1_048_576,
    'Memory of a job: of its heap, and as much again to read the data, in megabytes.',
  ),
  trainingDiskMb: whole(
    'TRAINING_DISK_MB',
    10_240,
    16,
    16_777_216,
    'What a job may have on disk while it runs: its data unpacked, and what does not fit in memory, in megabytes.',
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

function onOrOff(variable: string, fallback: 'on' | 'off', meaning: string): Setting<boolean> {
  const parse = (word: string) => (word === 'on' || word === 'off' ? word === 'on' : undefined);
  return { variable, fallback, wanted: 'on or off', meaning, parse };
}

/** The same setting, null when it is not set. */
function optional<T>(setting: Setting<T>): Setting<T | null> {
  return {
    ...setting,
    fallback: '',
    parse: (given) => (given === '' ? null : setting.parse(given)),
  };
}

function parseRegistry(location: string): string | undefined {
  try {
    return readAddress(location) === undefined ? resolve(location) : location;
  } catch {
    return undefined;
  }
}

function parseStoreUrl(url: string): string | undefined {
  if (url === 'off' || /^postgres(ql)?:\/\/[^\s]+$/.test(url)) return url;
  const path = /^file:(.+)$/.exec(url)?.[1];
  return path === undefined ? undefined : `file:${resolve(path)}`;
}

function parseOrigins(text: string): readonly string[] | undefined {
  const origins = text.split(',').map((part) => part.trim());
  const named = origins.filter((part) => part !== '');
  return named.every((origin) => URL.canParse(origin) && new URL(origin).origin === origin)
    ? named
    : undefined;
}

function text(
  variable: string,
  fallback: string,
  wanted: string,
  meaning: string,
): Setting<string> {
  return { variable, fallback, wanted, meaning, parse: (value) => value };
}

/** Variables of the environment are wrong; the message has a line for each of them. */
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
    const { variable, fallback, wanted, secret, parse } = setting as Setting<unknown>;
    const given = environment[variable]?.trim() || fallback;
    const value = parse(given);
    if (value === undefined) {
      const isSecret = typeof secret === 'function' ? secret(given) : secret;
      const got = isSecret ? 'something else' : JSON.stringify(given);
      wrong.push(`${variable}: got ${got}, wanted ${wanted}`);
    }
    return [name, value];
  });
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  return Object.fromEntries(entries) as Config;
}
