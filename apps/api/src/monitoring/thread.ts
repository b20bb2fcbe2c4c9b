/*
 * What the thread of the reports runs: it reads outcomes from the database by a connection of its own, so
 * that neither the event loop nor the thread that keeps outcomes has anything to do with them.
 */
import { setPriority } from 'node:os';
import { serveQueries } from '../store/serve.js';
import { reportQueries } from './report-queries.js';

// On Linux, 0 is this thread alone, as of the pool's: judging yields to serving. Elsewhere it would be all.
if (process.platform === 'linux') setPriority(0, 5);
serveQueries(reportQueries);
