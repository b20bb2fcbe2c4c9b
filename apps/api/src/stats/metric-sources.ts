import type { Metric } from '../telemetry/metric.js';

/** Metrics that are not counted in this process: others who know something to tell give them when asked. */
export class MetricSources {
  private readonly sources: (() => readonly Metric[])[] = [];

  /** From now on `source` is asked as well; it answers at once, from what it knows. */
  include(source: () => readonly Metric[]): void {
    this.sources.push(source);
  }

  all(): Metric[] {
    return this.sources.flatMap((source) => source());
  }
}
