import { ConfigError } from '../config.js';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where spans and metrics go, in the words of `OTEL_TRACES_EXPORTER` and `OTEL_METRICS_EXPORTER`. */
export interface Exporters {
  readonly traces: 'otlp' | 'console' | 'zipkin' | 'none';
  readonly metrics: 'otlp' | 'console' | 'none';
}

const TRACES = ['otlp', 'console', 'zipkin', 'none'] as const;
const METRICS = ['otlp', 'console', 'none'] as const;
/** What `OTEL_EXPORTER_OTLP_PROTOCOL` may be. */
export const PROTOCOLS = ['http/protobuf', 'http/json', 'grpc'] as const;

/**
 * Reads from OpenTelemetry's own variables where spans and metrics go. Unlike its text, nothing goes
 * anywhere until a variable says so: an exporter, or the endpoint that OTLP sends to.
 * @throws ConfigError naming every variable that is wrong, the value got and the value wanted
 */
export function readExporters(environment: Environment): Exporters {
  const wrong: string[] = [];
  const { OTEL_SDK_DISABLED: disabled = '', OTEL_EXPORTER_OTLP_ENDPOINT: endpoint } = environment;
  const choose = <T extends string>(signal: string, known: readonly T[]): T => {
    const isSent = endpoint || environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`];
    const chosen = pick(`OTEL_${signal}_EXPORTER`, known, isSent ? 'otlp' : 'none');
    for (const of of [`_${signal}`, '']) pick(`OTEL_EXPORTER_OTLP${of}_PROTOCOL`, PROTOCOLS, '');
    return chosen as T;
  };
  const pick = (variable: string, known: readonly string[], fallback: string): string => {
    const given = environment[variable]?.trim();
    if (!given) return fallback;
    if (known.includes(given)) return given;
    const line = `${variable}: got ${JSON.stringify(given)}, wanted one of ${known.join(', ')}`;
    if (!wrong.includes(line)) wrong.push(line);
    return fallback;
  };
  const exporters = { traces: choose('TRACES', TRACES), metrics: choose('METRICS', METRICS) };
  if (wrong.length > 0) throw new ConfigError(wrong.join('\n'));
  const isDisabled = disabled.trim().toLowerCase() === 'true';
  return isDisabled ? { traces: 'none', metrics: 'none' } : exporters;
}
