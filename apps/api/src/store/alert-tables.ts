/** What alerts were raised. Times are milliseconds since 1970, facts and bodies JSON. */
export interface AlertTable {
  id: string;
  /** Of those that are firing, one a cause. */
  cause: string;
  kind: 'calibration' | 'segment' | 'sign';
  model: string;
  name: string;
  title: string;
  facts: string;
  state: 'firing' | 'resolved';
  started_at: number;
  seen_at: number;
  revision: string;
  absent: number;
  resolved_at: number | null;
  reason: string | null;
}

/** Messages to the webhook. */
export interface DeliveryTable {
  id: string;
  body: string;
  state: 'waiting' | 'delivered' | 'abandoned';
  made_at: number;
  /** When it may be tried; of one that is settled, when it was. */
  next_at: number;
  attempts: number;
  reason: string | null;
}

/** Work that one process does for all of them, until a time. */
export interface LeaseTable {
  name: string;
  holder: string;
  until: number;
}

/** The latest report of the process that makes them, for the others. */
export interface ReportTable {
  name: string;
  made: string;
}

export interface AlertTables {
  reports: ReportTable;
  alerts: AlertTable;
  alert_deliveries: DeliveryTable;
  leases: LeaseTable;
}
