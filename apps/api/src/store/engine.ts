import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  PostgresDialect,
  type PostgresDialectConfig,
  PostgresDriver,
  SqliteAdapter,
  type SqliteDatabase,
  SqliteDialect,
  type SqliteDialectConfig,
  SqliteDriver,
  type SqliteStatement,
  type TransactionSettings,
} from 'kysely';
import Database from 'libsql';
import pg from 'pg';
import { FILE, engineOf } from './engine-name.js';
import { watchedSocket } from './watched-socket.js';

/** How long to wait for another process that writes, in milliseconds. */
const BUSY_MS = 5000;
/** Of the pages of indexes, whose keys come in no order. */
const CACHE_KIB = 32_768;
/** Of SQLite, where nobody says otherwise. */
const PAGE_BYTES = 4096;
/** Pages that are written before they go from the log to their places, several of them at once. */
const CHECKPOINT_PAGES = 8000;
/** Statements that are kept prepared. When there are more, all are prepared anew. */
const MOST_STATEMENTS = 128;
/** How long a connection to a server may take, in milliseconds. */
const CONNECT_MS = 5000;
/** Connections to a server of each process. */
const CONNECTIONS = 4;
/** How long one is used, in seconds: after a failover it may lead to a server that only reads. */
const LIFETIME_SECONDS = 60;
/** See `Where.idleMs`. */
const IDLE_MS = 10_000;

/** A database, as the settings name it. */
export interface Where {
  /** `file:PATH` or `postgres://…` */
  readonly url: string;
  /** Most bytes of a file; 0: any number. */
  readonly maxBytes: number;
  /**
   * Of a server: how long a transaction may wait for its next statement, in milliseconds. Default: 10 s,
   * much longer than any of ours does.
   */
  readonly idleMs?: number;
}

/**
 * What Kysely speaks to the database at an address by. Nothing is opened yet but SQLite's file.
 * @throws what SQLite says of a file that cannot be opened
 */
export function openDialect({ url, maxBytes, idleMs = IDLE_MS }: Where): Dialect {
  if (engineOf(url) === 'postgresql') return openPostgres(url, idleMs);
  return openSqlite(url.slice(FILE.length), maxBytes);
}

/**
 * SQLite in WAL: readers and the writer do not wait for each other, also in other processes. A commit is
 * on the disk when it is told (`synchronous`), so that a loss of power does not take what was acknowledged.
 */
function openSqlite(path: string, maxBytes: number): Dialect {
  mkdirSync(dirname(path), { recursive: true });
  const database = new Database(path);
  database.pragma(`busy_timeout = ${BUSY_MS}`);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.pragma(`cache_size = -${CACHE_KIB}`);
  database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  if (maxBytes > 0) {
    const pages = Math.max(1, Math.floor(maxBytes / PAGE_BYTES));
    database.pragma(`max_page_count = ${pages}`);
  }
  return new ImmediateSqlite({ database: new Prepared(database) });
}

/** Prepares what is asked again and again only once: that takes a tenth of writing a batch. */
class Prepared implements SqliteDatabase {
  private readonly statements = new Map<string, SqliteStatement>();

  constructor(private readonly database: Database.Database) {}

  prepare(sql: string): SqliteStatement {
    const known = this.statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.database.prepare(sql) as SqliteStatement;
    if (this.statements.size === MOST_STATEMENTS) this.statements.clear();
    this.statements.set(sql, statement);
    return statement;
  }

  close(): void {
    this.statements.clear();
    this.database.close();
  }
}

/** @see openSqlite */
class ImmediateSqlite extends SqliteDialect {
  constructor(private readonly given: SqliteDialectConfig) {
    super(given);
  }

  override createDriver(): SqliteDriver {
    return new ImmediateDriver(this.given);
  }

  override createAdapter(): SqliteAdapter {
    return new TransactionalAdapter();
  }
}

/**
 * Every transaction of ours writes. Begun as SQLite begins them by default, one that has read before
 * another process wrote could not write any more.
 */
class ImmediateDriver extends SqliteDriver {
  override async beginTransaction(connection: DatabaseConnection): Promise<void> {
    await connection.executeQuery(CompiledQuery.raw('begin immediate'));
  }

  /** SQLite has rolled back by itself where the disk is full: there is nothing to undo, and its error counts. */
  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    try {
      await super.rollbackTransaction(connection);
    } catch (error) {
      if (!(error as Error).message.includes('no transaction is active')) throw error;
    }
  }
}

/** SQLite can undo changes of tables; Kysely's own adapter says that it cannot. */
class TransactionalAdapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * Has the server end a transaction whose process says no more, as one that was cut off: it would keep its
 * locks for hours, until TCP gives up, and all other replicas waiting for them.
 */
class BoundedPostgres extends PostgresDialect {
  constructor(
    private readonly given: PostgresDialectConfig,
    private readonly idleMs: number,
  ) {
    super(given);
  }

  override createDriver(): PostgresDriver {
    return new BoundedDriver(this.given, this.idleMs);
  }
}

class BoundedDriver extends PostgresDriver {
  constructor(
    given: PostgresDialectConfig,
    private readonly idleMs: number,
  ) {
    super(given);
  }

  override async beginTransaction(
    connection: DatabaseConnection,
    settings: TransactionSettings,
  ): Promise<void> {
    const isPlain = !settings.isolationLevel && !settings.accessMode;
    if (!isPlain) await super.beginTransaction(connection, settings);
    // Of the transaction alone: a pool of connections before the server would keep it for others. Both
    // in one message, since others wait for the locks of a transaction as long as its messages take.
    const bound = `set local idle_in_transaction_session_timeout = ${this.idleMs}`;
    await connection.executeQuery(CompiledQuery.raw(isPlain ? `begin; ${bound}` : bound));
  }
}

function openPostgres(url: string, idleMs: number): Dialect {
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      // Counts are below 2^53, so they come as numbers.
      oid === pg.types.builtins.INT8 || oid === pg.types.builtins.NUMERIC
        ? Number
        : (pg.types.getTypeParser(oid, format as 'text') as (text: string) => unknown),
  };
  const pool = new pg.Pool({
    connectionString: url,
    max: CONNECTIONS,
    connectionTimeoutMillis: CONNECT_MS,
    maxLifetimeSeconds: LIFETIME_SECONDS,
    stream: () => watchedSocket(),
    types,
  });
  // Of a connection that nobody uses: the next query opens another.
  pool.on('error', () => {});
  // Of one in use: its queries fail with it, and whoever asked is told so.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new BoundedPostgres({ pool }, idleMs);
}
