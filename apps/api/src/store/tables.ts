import type { AlertTables } from './alert-tables.js';
import type { DecisionTables } from './decision-tables.js';
import type { ExperimentTables } from './experiment-tables.js';
import type { OutcomeTables } from './outcome-tables.js';
import type { TrialTables } from './trial-tables.js';

/** Every table, as Kysely knows it. The migrations make them. */
export type Tables = OutcomeTables & TrialTables & DecisionTables & ExperimentTables & AlertTables;
