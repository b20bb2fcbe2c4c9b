import type { Exporters } from './exporters.js';
import type { Metric } from './metric.js';
import type { Telemetry } from './trace.js';

/**
 * Starts sending. Where nothing is sent, nothing of OpenTelemetry is loaded.
 * @param metrics gives this process's metrics when they are due
 * @returns undefined where nothing is sent
 */
export async function startTelemetry(
  exporters: Exporters,
  metrics: () => readonly Metric[],
): Promise<Telemetry | undefined> {
  if (exporters.traces === 'none' && exporters.metrics === 'none') return undefined;
  const { openTelemetry } = await import('./open-telemetry.js');
  return openTelemetry(exporters, metrics);
}
