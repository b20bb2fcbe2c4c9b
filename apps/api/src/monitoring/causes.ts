import type { CauseFinding, MonitoringReport, SegmentPart, Sign } from '@adscale/monitor';
import type { Cause } from '../alerts/alert.js';

/** What a report has to say to alerts: one cause for all that has the same reason. */
export function causesOf(report: MonitoringReport): Cause[] {
  const { model_version: model, causes, signs } = report;
  if (model === null) return [];
  const misses = causes.map((finding) => missOf(model, finding));
  const explained = new Set(causes.flatMap(({ parts }) => parts.map(({ feature }) => feature)));
  // The inputs of a segment that is off are why it is, or beside the point: not another cause.
  const drifting = signs.filter(({ raised, feature }) => raised && !explained.has(feature));
  return unique([...misses, ...drifting.map((sign) => signOf(model, sign))]);
}

function missOf(model: string, finding: CauseFinding): Cause {
  const { segment, parts, words, since, factor, lower, upper, gain } = finding;
  const direction = (factor ?? 1) < 1 ? 'fewer' : 'more';
  const kind = parts.length === 0 ? 'calibration' : 'segment';
  return {
    key: [kind, model, ...parts.map(identityOf), direction].join('/'),
    ...{ kind, model, name: segment, title: `${words}.` },
    facts: {
      ...{ since, factor, lower, upper, clicks: gain.clicks.value },
      money: gain.money?.value ?? null,
    },
  };
}

/** Ranges of numbers move with the traffic, and stay the same cause. */
function identityOf({ feature, value, known }: SegmentPart): string {
  if (value !== undefined) return `${feature}=${value}`;
  return known === undefined ? feature : `${feature} is ${known ? '' : 'not '}known`;
}

function signOf(model: string, { feature, kind, words, value, lower, upper }: Sign): Cause {
  return {
    key: `sign/${model}/${feature}`,
    ...{ kind: 'sign' as const, model, name: feature, title: `${words}.` },
    facts: { sign: kind, value, lower, upper },
  };
}

function unique(causes: readonly Cause[]): Cause[] {
  const byKey = new Map<string, Cause>();
  // The first of a key is the surest.
  for (const cause of causes) if (!byKey.has(cause.key)) byKey.set(cause.key, cause);
  return [...byKey.values()];
}
