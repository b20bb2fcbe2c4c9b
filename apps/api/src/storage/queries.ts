import { alertQueries } from '../alerts/queries.js';
import { decisionQueries } from '../decision-log/queries.js';
import { experimentQueries } from '../experiments/queries.js';
import { outcomeQueries } from '../outcomes/queries.js';
import { monitoringQueries } from '../monitoring/queries.js';
import type { Store } from '../store/store.js';
import { trialQueries } from '../trial/queries.js';

/** Everything that the thread of the store can be asked. */
export const queries = {
  ...outcomeQueries,
  ...decisionQueries,
  ...experimentQueries,
  ...alertQueries,
  ...monitoringQueries,
  ...trialQueries,
};

export type ServiceStore = Store<typeof queries>;
