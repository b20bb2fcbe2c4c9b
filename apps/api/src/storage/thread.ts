/* What the thread of the store runs. */
import { serveQueries } from '../store/serve.js';
import { queries } from './queries.js';

serveQueries(queries);
