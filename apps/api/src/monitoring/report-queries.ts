import { outcomeMarks } from './marks.js';
import { makeReport } from './report.js';

/** Everything that the thread of the reports can be asked. */
export const reportQueries = { makeReport, outcomeMarks };

export type ReportQueries = typeof reportQueries;
