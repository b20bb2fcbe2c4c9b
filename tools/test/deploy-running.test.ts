import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeployedService, readmeSecrets } from './deployed-service.js';
import { type Manifest, built, cannotBuild, readText, readYaml } from './manifests.js';
import { program } from './watched-service.js';

if (cannotBuild !== undefined) console.warn(`no service of the manifests: ${cannotBuild}`);
const describeBuilt = cannotBuild === undefined ? describe : describe.skip;

describeBuilt('a service with what the manifests give it', () => {
  const manifests = cannotBuild === undefined ? built('overlays/one-node') : [];
  const podOf = (kind: string): Manifest =>
    manifests.find((one) => one.kind === kind)?.spec.template.spec.containers[0];
  const keys = readmeSecrets;
  const status = (probe: string) =>
    service.status(podOf('Deployment')[probe].httpGet.path as string);
  let folder: string;
  let service: DeployedService;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'adscale-deployed-'));
    service = await DeployedService.start(folder, {
      ...manifests.find(({ kind }) => kind === 'ConfigMap').data,
      API_KEYS: keys().get('adscale-api')!['api-keys']!,
      // The pod's own disk is not here, and nobody waits for a balancer.
      OUTCOMES_URL: `file:${folder}/outcomes.db`,
      SHUTDOWN_DELAY_MS: '0',
    });
  }, 300_000);
  afterAll(async () => {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('is up without a model, and not ready', async () => {
    expect(await status('startupProbe')).toBe(200);
    expect(await status('livenessProbe')).toBe(200);
    expect(await status('readinessProbe')).toBe(503);
  });

  it('knows the keys that the README makes, each for what it is', async () => {
    const { endpoints } = readYaml('tools/deploy/overlays/production/service-monitor.yaml').spec;
    const [{ path }] = endpoints as { path: string }[];
    expect(await service.status(path!)).toBe(401);
    const key = keys().get('adscale-metrics')!['api-key'];
    const metrics = await service.text(path!, key);
    const { custom } = readYaml('tools/deploy/prometheus-adapter.yaml').rules;
    const [, metric] = /^(\w+)\{/.exec(custom[0].seriesQuery)!;
    expect(metrics).toContain(`# TYPE ${metric} counter`);
    expect(metrics).toMatch(new RegExp(`^${metric}\\{.*route="${path}"`, 'm'));
    const rollback = (as?: string) => service.status('/models/rollback', 'POST', as);
    expect(await rollback(key)).toBe(403);
    // Allowed, though there is nothing to go back to.
    const admin = await rollback(keys().get('adscale-retrain')!['api-key']);
    expect([401, 403]).not.toContain(admin);
  });

  it('is ready once the Job has trained the first model, and predicts what the README says', async () => {
    const { args } = podOf('Job');
    const trained = spawnSync(process.execPath, [program('trainer'), ...(args as string[])], {
      env: { PATH: process.env.PATH, MODEL_DIR: folder },
      encoding: 'utf8',
    });
    expect({ status: trained.status, said: trained.status === 0 ? '' : trained.stderr }).toEqual({
      ...{ status: 0, said: '' },
    });
    // It looks every two seconds.
    let ready = 503;
    for (let tries = 0; tries < 100_000 && ready === 503; tries++) {
      ready = await status('readinessProbe');
    }
    expect(ready).toBe(200);
    const readme = readText('tools/deploy/README.md');
    const [, body] = /predict_ctr .* -d '(\{.*?\})'/.exec(readme)!;
    const [, answer] = /```json\n(\{.*?\})\n/.exec(readme)!;
    const key = keys().get('adscale-retrain')!['api-key'];
    expect(await service.post('/predict_ctr', body!, key)).toEqual(JSON.parse(answer!));
  }, 300_000);
});
