/** The database cannot be used now; what was asked has changed nothing. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'STORE_UNAVAILABLE';
}

/**
 * What SQLite and PostgreSQL call faults of a statement or of its data: those are ours, not the
 * database's. PostgreSQL names classes of errors by two characters (its manual, appendix A).
 */
const OURS = /^(SQLITE_(ERROR|CONSTRAINT.*|MISMATCH|RANGE|MISUSE|TOOBIG)|(0A|2[1-7]|42|P0)...)$/;

/**
 * Those of the same classes that tell how the database is run: a server that only reads, as after a
 * failover, one that ended an idle transaction, and rights that were taken away.
 */
const OF_THE_SERVER = /^(25006|25P0[34]|42501)$/;

/** Codes of SQLite, of PostgreSQL, of the operating system, and of connections that are not trusted. */
const OF_A_DATABASE =
  /^(SQLITE_\w+|[0-9A-Z]{5}|E(?!RR_)[A-Z_0-9]+|ERR_(TLS|SSL)_\w+|UNABLE_TO_\w+|\w*CERT\w*)$/;

/** What `pg` says of connections, without a code. */
const DISCONNECTED =
  /timeout exceeded when trying to connect|Connection terminated|connection error and is not queryable|not support SSL|SASL/;

/**
 * Why the database cannot be used, if that is what an error of it says; undefined if it is a fault of
 * ours, such as a query that refuses its arguments.
 */
export function unavailability(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return DISCONNECTED.test(error.message) ? error.message : undefined;
  if (!OF_A_DATABASE.test(code)) return undefined;
  if (OURS.test(code) && !OF_THE_SERVER.test(code)) return undefined;
  // A host of two addresses: the reason is in its parts.
  const parts = (error as AggregateError).errors as Error[] | undefined;
  return parts?.map(({ message }) => message).join(', ') ?? `${code}: ${error.message}`;
}
