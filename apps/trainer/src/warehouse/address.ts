/*
 * Where a warehouse is, as its URL says:
 *
 *   clickhouse://user@host:8123/database?secure=true     over HTTP, or HTTPS where it is secure
 *   postgres://user@host:5432/database?sslmode=require
 *   duckdb:///path/to/file.db
 *
 * A password comes from the environment. One in the URL is refused, because a URL is seen by all
 * who list processes, and is kept in cards and told in messages.
 */
import { resolve } from 'node:path';
import { InputError } from '../cli/exit.js';

export type Engine = 'clickhouse' | 'postgres' | 'duckdb';

/** A warehouse, without anything secret. */
export interface Address {
  readonly engine: Engine;
  /** As cards and messages call it. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Of the URL: whether and how the connection is encrypted. */
  readonly options: Readonly<Record<string, string>>;
  /** Of DuckDB: the file. */
  readonly path: string;
}

interface EngineFacts {
  readonly port: number;
  readonly securePort: number;
  readonly user: string;
  readonly database: string;
  /** Variable of the environment that the password is read from. */
  readonly password: string;
  readonly options: readonly string[];
}

const facts: Readonly<Record<Exclude<Engine, 'duckdb'>, EngineFacts>> = {
  clickhouse: {
    ...{ port: 8123, securePort: 8443, user: 'default', database: 'default' },
    ...{ password: 'CLICKHOUSE_PASSWORD', options: ['secure'] },
  },
  postgres: {
    ...{ port: 5432, securePort: 5432, user: 'postgres', database: 'postgres' },
    ...{ password: 'PGPASSWORD', options: ['sslmode', 'sslrootcert'] },
  },
};

const WANTED =
  'clickhouse://user@host:8123/database, postgres://user@host:5432/database or duckdb:///path/file.db';

/**
 * Reads the URL of a warehouse.
 * @throws InputError if it is none, names an engine that is not known, or holds a password
 */
export function parseAddress(text: string): Address {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    // What was given may hold a password: it is not shown.
    throw new InputError(`--source: got no URL, wanted ${WANTED}`, { cause });
  }
  const scheme = url.protocol.slice(0, -1);
  const engine = scheme === 'postgresql' ? 'postgres' : scheme;
  if (engine !== 'clickhouse' && engine !== 'postgres' && engine !== 'duckdb') {
    throw new InputError(`--source: got a URL of ${scheme}, wanted ${WANTED}`);
  }
  if (engine === 'duckdb') return duckdbAddress(url);
  const known = facts[engine];
  if (url.password !== '') {
    throw new InputError(
      `--source: got a password in the URL, wanted it in ${known.password} of the environment: a URL is seen by others`,
    );
  }
  // Behind a password with /, ? or # in it, what comes after is taken for a path or an option.
  if (/@|%40/.test(url.pathname + url.search + url.hash)) {
    throw new InputError(
      `--source: got an @ behind the host of the URL, wanted none there, and a password in ${known.password} of the environment`,
    );
  }
  const options = Object.fromEntries(url.searchParams);
  const isOther = Object.keys(options).some((name) => !known.options.includes(name));
  if (isOther || url.hash !== '') {
    // What the option is called may be a part of a password: it is not shown.
    throw new InputError(
      `--source: got ${isOther ? 'another option' : 'a #'} in the URL, wanted no option but ${known.options.join(', ')}`,
    );
  }
  const user = decoded(url.username) || known.user;
  const database = decoded(url.pathname.slice(1)) || known.database;
  const host = url.hostname || '127.0.0.1';
  // It stays as it is written, and must be one that can be read.
  decoded(host);
  const port = Number(url.port) || (isSecure(options) ? known.securePort : known.port);
  const query = url.search;
  return {
    ...{ engine, host, port, user, database, options, path: '' },
    url: `${engine}://${encodeURIComponent(user)}@${host}:${port}/${encodeURIComponent(database)}${query}`,
  };
}

/** What percent signs stand for. What was given may hold a password: it is not shown. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (cause) {
    throw new InputError(
      '--source: got a percent sign without two digits of a character of UTF-8 behind it, wanted %25 for the sign itself',
      { cause },
    );
  }
}

/** Whether a ClickHouse is asked over HTTPS. */
export const isSecure = ({ secure }: Readonly<Record<string, string>>): boolean =>
  secure === 'true' || secure === '1';

function duckdbAddress(url: URL): Address {
  const path = decoded(url.pathname);
  if (url.host !== '' || url.search !== '' || url.hash !== '' || path.length < 2) {
    throw new InputError('--source: wanted duckdb:///path/file.db, three slashes and a file');
  }
  const rest = { host: '', port: 0, user: '', database: '', options: {} };
  const full = resolve(path);
  return { ...rest, engine: 'duckdb', path: full, url: `duckdb://${encodeURI(full)}` };
}

/** The password of the environment, if there is one. */
export function passwordOf(engine: Engine): string | undefined {
  return engine === 'duckdb' ? undefined : process.env[facts[engine].password];
}

/** A shorter password is part of many words. */
const LONG = 6;

/**
 * A message that does not name the password: a short one is looked for as a word of its own, as a
 * message with holes in its words would be illegible, and tell the password by them.
 */
export function withoutSecret(message: string, engine: Engine): string {
  const password = passwordOf(engine);
  if (password === undefined || password === '') return message;
  if (password.length >= LONG) return message.replaceAll(password, '***');
  const isInWord = (character = ''): boolean => /[\p{L}\p{N}_]/u.test(character);
  return message.replaceAll(password, (found, at: number) =>
    isInWord(message[at - 1]) || isInWord(message[at + found.length]) ? found : '***',
  );
}
