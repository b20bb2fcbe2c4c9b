import type { OutcomeTables } from './outcome-tables.js';

/** Every table, as Kysely knows it. The migrations make them. */
export type Tables = OutcomeTables;
