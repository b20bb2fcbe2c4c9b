import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { WatchedService } from './watched-service.js';

const folder = fileURLToPath(new URL('../observability/', import.meta.url));
const read = (name: string): string => readFileSync(folder + name, 'utf8');

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: string;
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
  readonly targets?: readonly { readonly expr: string }[];
}
interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const { panels, templating } = JSON.parse(read('dashboard.json')) as {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
};
const rules: Rule[] = parse(read('alerts.yml')).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const charts = panels.filter(({ type }) => type !== 'row');
const expressions = [
  ...rules.map(({ expr }) => expr),
  ...charts.flatMap(({ targets }) => targets!.map(({ expr }) => expr)),
  ...templating.list.flatMap(({ definition }) => definition ?? []),
];

/** Names of our metrics in an expression. */
const metricsIn = (expr: string): string[] =>
  expr.match(/\b(?:adscale|http|process|nodejs)_\w+/g) ?? [];

/** Labels that an expression asks of a metric: in its braces, or by which it is summed. */
function labelsIn(expr: string, metric: string): string[] {
  const matched = [...expr.matchAll(new RegExp(`\\b${metric}\\{([^}]*)\\}`, 'g'))];
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)];
  return [
    ...matched.flatMap(([, inside]) => inside.match(/\w+(?==~?")/g) ?? []),
    ...(metricsIn(expr).length === 1 ? grouped : []).flatMap(([, names]) => names.split(/, */)),
  ];
}

const promtool = spawnSync('promtool', ['--version']).error === undefined;
if (!promtool)
  console.warn("rules not tested: Debian's prometheus, with promtool, is not installed");

(promtool ? describe : describe.skip)('the alerting rules', () => {
  const check = (...args: string[]) =>
    spawnSync('promtool', args, { cwd: folder, encoding: 'utf8' });

  it('are rules to Prometheus', () => {
    const { status, stdout, stderr } = check('check', 'rules', 'alerts.yml');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`${rules.length} rules found`);
  });

  it('fire at what they are meant for, and at nothing else', () => {
    const { status, stdout, stderr } = check('test', 'rules', 'alerts_test.yml');
    expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({ status: 0, said: '' });
  });

  it('are each proven to fire', () => {
    const tests = parse(read('alerts_test.yml')).tests.flatMap(
      (test: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }) =>
        test.alert_rule_test,
    );
    const proven = tests.filter(
      ({ exp_alerts }: { exp_alerts: unknown[] }) => exp_alerts.length > 0,
    );
    const names = new Set(proven.map(({ alertname }: { alertname: string }) => alertname));
    expect(rules.map(({ alert }) => alert).filter((alert) => !names.has(alert))).toEqual([]);
  });
});

describe('rules and dashboard', () => {
  let service: WatchedService;
  let metrics: Awaited<ReturnType<WatchedService['metrics']>>;

  beforeAll(async () => {
    service = await WatchedService.start();
    metrics = await service.metrics();
  }, 300_000);
  afterAll(() => service.stop());

  it('name only metrics that a running service has', () => {
    const named = new Set(expressions.flatMap(metricsIn));
    expect(named.size).toBeGreaterThan(20);
    expect([...named].filter((name) => metrics.labelsOf(name) === undefined)).toEqual([]);
  });

  it('ask only for labels that these metrics have', () => {
    // Those that Prometheus adds.
    const own = new Set(['job', 'instance']);
    // Counted of models with words, which this one is not.
    const isCounted = (name: string) => name !== 'adscale_unknown_words_total';
    const unknown = expressions.flatMap((expr) =>
      metricsIn(expr)
        .filter(isCounted)
        .flatMap((name) =>
          labelsIn(expr, name)
            .filter((label) => !own.has(label) && !metrics.labelsOf(name)?.has(label))
            .map((label) => `${name}{${label}}`),
        ),
    );
    expect(unknown).toEqual([]);
  });

  it('show every figure in its unit', () => {
    const wanted = (expr: string): RegExp => {
      if (/_bytes\b/.test(expr)) return /^bytes$/;
      if (/_seconds/.test(expr) && !/rate\(\w+_count/.test(expr)) return /^s$/;
      if (/\brate\(/.test(expr)) return /^(reqps|ops|percentunit)$/;
      return /^(none|percentunit)$/;
    };
    const wrong = charts.flatMap(({ title, fieldConfig, targets }) =>
      targets!
        .filter(({ expr }) => !wanted(expr).test(fieldConfig!.defaults.unit))
        .map(() => title),
    );
    expect(wrong).toEqual([]);
  });

  it('say in words what is shown and what to do', () => {
    expect(charts.filter(({ description }) => !description).map(({ title }) => title)).toEqual([]);
    for (const { annotations } of rules) {
      expect(annotations).toEqual({ summary: expect.any(String), description: expect.any(String) });
    }
  });
});
