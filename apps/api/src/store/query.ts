import type { Kysely } from 'kysely';
import type { Tables } from './tables.js';

/**
 * Something that the store's thread can be asked. Arguments and result are cloned on their way, so they
 * are plain data; a large result comes in pages.
 */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever arguments a query has
export type Query = (db: Kysely<Tables>, args: any) => Promise<unknown>;
export type Queries = Readonly<Record<string, Query>>;
export type QueryName<Q extends Queries> = keyof Q & string;
export type QueryArgs<Q extends Queries, N extends keyof Q> = Parameters<Q[N]>[1];
export type QueryResult<Q extends Queries, N extends keyof Q> = Awaited<ReturnType<Q[N]>>;
