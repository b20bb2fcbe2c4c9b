import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { readText, readYaml } from './manifests.js';

const hasPromtool = spawnSync('promtool', ['--version']).error === undefined;
if (!hasPromtool)
  console.warn("rule not tested: Debian's prometheus, with promtool, is not installed");

(hasPromtool ? describe : describe.skip)('requests a second, which the autoscaler goes by', () => {
  const [rule] = readYaml('tools/deploy/prometheus-adapter.yaml').rules.custom;

  it('has the name that the autoscaler asks for', () => {
    const scaler = parseAllDocuments(readText('tools/deploy/overlays/production/replicas.yaml'))
      .map((document) => document.toJS())
      .find(({ kind }) => kind === 'HorizontalPodAutoscaler');
    expect(scaler.spec.metrics[1].object.metric.name).toBe(rule.name.as);
  });

  it('counts once what every replica tells, and takes a replica that is forgotten for no burst', () => {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-adapter-'));
    // As the adapter fills it in for our Service.
    const expr = rule.metricsQuery
      .replaceAll('<<.Series>>', /^\w+/.exec(rule.seriesQuery)![0])
      .replaceAll('<<.LabelMatchers>>', 'namespace="adscale",service="adscale-api"')
      .replaceAll('<<.GroupBy>>', 'service');
    const series = (pod: string, route: string, values: string) => ({
      series: `http_requests_total{namespace="adscale",service="adscale-api",pod="${pod}",route="${route}",status="200"}`,
      values,
    });
    // 100 a second of one route and 40 of another, told by both; the count falls after ten minutes.
    const falls = '1000000+1500x40 500000+1500x40';
    const input_series = ['a', 'b'].flatMap((pod) => [
      series(pod, '/predict_ctr', falls),
      series(pod, '/rank', '0+600x80'),
      series(pod, '/metrics', '0+9000x80'),
    ]);
    const at = (eval_time: string, value: number) => ({
      ...{ expr: 'adscale_requests_per_second', eval_time },
      exp_samples: [{ labels: 'adscale_requests_per_second{service="adscale-api"}', value }],
    });
    const rules = { groups: [{ name: 'adapter', rules: [{ record: rule.name.as, expr }] }] };
    const promql_expr_test = [at('5m', 140), at('11m', 0), at('15m', 140)];
    const tests = [{ interval: '15s', input_series, promql_expr_test }];
    try {
      writeFileSync(join(folder, 'rules.yml'), stringify(rules));
      const test = { rule_files: ['rules.yml'], evaluation_interval: '15s', tests };
      writeFileSync(join(folder, 'test.yml'), stringify(test));
      const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', 'test.yml'], {
        ...{ cwd: folder, encoding: 'utf8' },
      });
      expect({ status, said: status === 0 ? '' : stdout + stderr }).toEqual({
        status: 0,
        said: '',
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
