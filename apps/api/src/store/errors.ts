/** The database cannot be used now; what was asked has changed nothing. */
export class StoreError extends Error {
  override readonly name = 'StoreError';
  readonly code = 'STORE_UNAVAILABLE';
}

/**
 * What SQLite and PostgreSQL call faults of a statement or of its data: those are ours, not the
 * database's. PostgreSQL names classes of errors by two characters (its manual, appendix A).
 */
const OURS = /^(SQLITE_(ERROR|CONSTRAINT.*|MISMATCH|RANGE|MISUSE|TOOBIG)|(0A|2[1-8]|42|P0)...)$/;

/** Why the database cannot be used, if that is what an error of it says; undefined if it is a fault of ours. */
export function unavailability(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  if (error.message.includes('timeout exceeded when trying to connect')) return error.message;
  if (error.message.includes('Connection terminated')) return error.message;
  if (typeof code !== 'string' || OURS.test(code) || code.startsWith('ERR_')) return undefined;
  // A host of two addresses: the reason is in its parts.
  const parts = (error as AggregateError).errors as Error[] | undefined;
  return parts?.map(({ message }) => message).join(', ') ?? `${code}: ${error.message}`;
}
