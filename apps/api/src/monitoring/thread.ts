/*
 * What the thread of the reports runs: it reads outcomes from the database by a connection of its own, so
 * that neither the event loop nor the thread that keeps outcomes has anything to do with them.
 */
import { serveQueries } from '../store/serve.js';
import { reportQueries } from './report-queries.js';

serveQueries(reportQueries);
