/** One number of a metric: what is added to its name, its labels, and the number. */
export interface Sample {
  readonly metricName?: string;
  readonly labels?: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A metric in the way of Prometheus: a histogram's samples are its cumulative buckets, sum and count. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly samples: readonly Sample[];
}
