import { alertAnswer } from '../alerts/message.js';
import type { HistoryAnswer, ReportAnswer } from './calibration-dto.js';
import type { EffectivenessAnswer } from './effectiveness-dto.js';
import type { MonitoringAnswer } from './monitoring-dto.js';
import type { Made } from './report.js';
import type { SegmentsAnswer } from './segments-dto.js';
import type { Seen } from './watch.js';

/** Answers as routes give them: a report in the shape of its documentation. */
export function monitoringAnswer(
  made: Made<'monitoring'>,
  { alerts, deliveries }: Seen,
): MonitoringAnswer {
  const { report } = made;
  const { overall, by_model: models, by_day: days, causes, signs, warnings: findings } = report;
  const { reference, day_variance, cells, kept_share, left_out } = report;
  const { waiting, abandoned, lastReason: last_reason } = deliveries;
  return {
    ...reportAnswer(made),
    ...{ findings, overall, models, days, causes, signs, reference, day_variance },
    ...{ cells, kept_share, left_out },
    alerts: alerts.map(alertAnswer),
    deliveries: { waiting, abandoned, last_reason },
  };
}

export function segmentsAnswer(made: Made<'monitoring'>): SegmentsAnswer {
  const { model_version, causes, by_money, explained, segments, looked_at } = made.report;
  const found = { model_version, causes, by_money, explained, segments, looked_at };
  return { ...reportAnswer(made), ...found };
}

export function historyAnswer(made: Made<'monitoring'>): HistoryAnswer {
  return { ...reportAnswer(made), days: made.report.by_day };
}

export function effectivenessAnswer(made: Made<'effectiveness'>): EffectivenessAnswer {
  const { overall, campaigns, placements, days, best, worst, change } = made.report;
  return { ...reportAnswer(made), overall, campaigns, placements, days, best, worst, change };
}

function reportAnswer({ options, made_at, took_ms }: Made): ReportAnswer {
  const { from, to, young, alpha, model = null } = options;
  return { from, to, young, alpha, model, made_at, took_ms };
}
