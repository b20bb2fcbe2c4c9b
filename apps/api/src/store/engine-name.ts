/** What keeps the store. */
export type EngineName = 'sqlite' | 'postgresql';

/** How the address of a file begins; any other is that of a server. */
export const FILE = 'file:';

/** @param url `file:PATH` or `postgres://…` */
export function engineOf(url: string): EngineName {
  return url.startsWith(FILE) ? 'sqlite' : 'postgresql';
}
