/** What kinds of causes there are: all clicks of a model, a part of the traffic, or inputs alone. */
export const ALERT_KINDS = ['calibration', 'segment', 'sign'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** Something wrong that a report found. */
export interface Cause {
  /** The same as long as the cause is the same, whatever its size. */
  readonly key: string;
  readonly kind: AlertKind;
  /** Version of the model that is off. */
  readonly model: string;
  /** What is off, short: `device_type = mobile`. */
  readonly name: string;
  /** What is wrong, as a sentence. */
  readonly title: string;
  /** Its size, by name. */
  readonly facts: Readonly<Record<string, number | string | null>>;
}

/** A cause from when it was found until it has passed. Times are milliseconds since 1970. */
export interface Alert extends Cause {
  readonly id: string;
  readonly state: 'firing' | 'resolved';
  readonly startedAt: number;
  /** When a report last found the cause. */
  readonly seenAt: number;
  /** Which outcomes the last report knew. */
  readonly revision: string;
  /** Reports since then, of other outcomes each, that did not find it. */
  readonly absent: number;
  readonly resolvedAt: number | null;
  /** Why it is over. */
  readonly reason: string | null;
}

/** What a report has to say to alerts. */
export interface Evaluation {
  readonly causes: readonly Cause[];
  /** Stands for the outcomes that the report knew: another one for other outcomes. */
  readonly revision: string;
  /** Versions that answer now. */
  readonly serving: readonly string[];
  /** When, in milliseconds since 1970. */
  readonly at: number;
}
