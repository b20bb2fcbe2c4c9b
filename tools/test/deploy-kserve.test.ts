import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeployedService, objectionsTo, promised } from './deployed-service.js';
import { type Manifest, readYaml } from './manifests.js';

describe('KServe’s runtime', () => {
  const { spec } = readYaml('tools/deploy/kserve/runtime.yaml');
  const service = readYaml('tools/deploy/kserve/service.yaml');
  const [container] = spec.containers;
  const env: Record<string, string> = Object.fromEntries(
    container.env.map(({ name, value }: Manifest) => [name, value]),
  );

  it('has the container that KServe looks for, and serves what the service names', () => {
    expect(container.name).toBe('kserve-container');
    const { model } = service.spec.predictor;
    expect(model.modelFormat.name).toBe(spec.supportedModelFormats[0].name);
    expect(spec.protocolVersions).toContain(model.protocolVersion);
    expect(env['MODEL_DIR']).toBe('/mnt/models');
    expect(container.ports[0].containerPort).toBe(Number(env['PORT']));
    expect(service.spec.predictor.terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(
      Number(env['SHUTDOWN_DELAY_MS']) + Number(env['REQUEST_TIMEOUT_MS']) + 5000,
    );
    const known = promised('api');
    expect(Object.keys(env).filter((name) => !known.has(name))).toEqual([]);
    const MODEL_NAME = env['MODEL_NAME']!.replace('{{.Name}}', service.metadata.name);
    expect(objectionsTo({ ...env, MODEL_NAME })).toBe('');
  });

  it('asks probes of the protocol that the service answers, under KServe’s name of the model', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-kserve-'));
    const MODEL_NAME = env['MODEL_NAME']!.replace('{{.Name}}', service.metadata.name);
    const own = { MODEL_NAME, MODEL_DIR: folder, SHUTDOWN_DELAY_MS: '0' };
    const deployed = await DeployedService.start(folder, { ...env, ...own });
    try {
      const status = (probe: string) => deployed.status(container[probe].httpGet.path);
      expect(await status('startupProbe')).toBe(200);
      expect(await status('livenessProbe')).toBe(200);
      expect(await status('readinessProbe')).not.toBe(404);
      // Without a model it is not ready; another name would not be there.
      expect(await deployed.status(`/v2/models/${service.metadata.name}/ready`)).not.toBe(404);
      expect(await deployed.status('/v2/models/another/ready')).toBe(404);
    } finally {
      await deployed.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);
});
