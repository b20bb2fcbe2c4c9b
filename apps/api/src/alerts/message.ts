import type { Alert } from './alert.js';

/** A message to the webhook, in the form of Standard Webhooks: what it is, since when, and of what. */
export interface AlertMessage {
  readonly type: 'alert.firing' | 'alert.resolved';
  readonly timestamp: string;
  readonly data: AlertAnswer;
}

/** An alert as messages and answers tell it. */
export interface AlertAnswer {
  readonly id: string;
  readonly state: Alert['state'];
  readonly kind: Alert['kind'];
  readonly model_version: string;
  readonly name: string;
  readonly title: string;
  readonly facts: Alert['facts'];
  readonly started_at: string;
  readonly last_seen_at: string;
  readonly resolved_at: string | null;
  readonly reason: string | null;
}

/** @param at when it is written, in milliseconds since 1970 */
export function messageOf(alert: Alert, at: number): AlertMessage {
  return { type: `alert.${alert.state}`, timestamp: timeOf(at), data: alertAnswer(alert) };
}

export function alertAnswer(alert: Alert): AlertAnswer {
  const { id, state, kind, model, name, title, facts, reason } = alert;
  return {
    ...{ id, state, kind, model_version: model, name, title, facts },
    started_at: timeOf(alert.startedAt),
    last_seen_at: timeOf(alert.seenAt),
    resolved_at: alert.resolvedAt === null ? null : timeOf(alert.resolvedAt),
    reason,
  };
}

function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
