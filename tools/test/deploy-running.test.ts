import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeployedService, readmeSecrets } from './deployed-service.js';
import { built, cannotBuild, readYaml } from './manifests.js';

if (cannotBuild !== undefined) console.warn(`no service of the manifests: ${cannotBuild}`);

(cannotBuild === undefined ? describe : describe.skip)(
  'a service with what the manifests give it',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-deployed-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('is up without a model, answers its probes, and knows the keys of the README', async () => {
      const manifests = built('overlays/one-node');
      const { spec } = manifests.find(({ kind }) => kind === 'Deployment').spec.template;
      const [container] = spec.containers;
      const settings = manifests.find(({ kind }) => kind === 'ConfigMap').data;
      const keys = readmeSecrets();
      const service = await DeployedService.start(folder, {
        ...settings,
        API_KEYS: keys.get('adscale-api')!['api-keys']!,
        // The pod's own disk is not here, and nobody waits for a balancer.
        OUTCOMES_URL: `file:${folder}/outcomes.db`,
        SHUTDOWN_DELAY_MS: '0',
      });
      try {
        const status = (probe: string) => service.status(container[probe].httpGet.path);
        expect(await status('startupProbe')).toBe(200);
        expect(await status('livenessProbe')).toBe(200);
        expect(await status('readinessProbe')).toBe(503);
        const { endpoints } = readYaml(
          'tools/deploy/overlays/production/service-monitor.yaml',
        ).spec;
        expect(await service.status(endpoints[0].path)).toBe(401);
        const metrics = await service.text(
          endpoints[0].path,
          keys.get('adscale-metrics')!['api-key'],
        );
        const { custom } = readYaml('tools/deploy/prometheus-adapter.yaml').rules;
        const [, metric] = /^(\w+)\{/.exec(custom[0].seriesQuery)!;
        expect(metrics).toContain(`# TYPE ${metric} counter`);
        expect(metrics).toMatch(new RegExp(`^${metric}\\{.*route="/metrics"`, 'm'));
        const admin = await service.status(
          '/models/rollback',
          'POST',
          keys.get('adscale-retrain')!['api-key'],
        );
        expect([401, 403]).not.toContain(admin);
      } finally {
        await service.stop();
      }
    });
  },
);
