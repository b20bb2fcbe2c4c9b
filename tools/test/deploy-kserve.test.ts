import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeployedService, objectionsTo, promised } from './deployed-service.js';
import { type Manifest, readText, readYaml } from './manifests.js';
import { program } from './watched-service.js';

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

  it('serves the one version whose folder is mounted, ready at once', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'adscale-kserve-'));
    const train = ['train', '--rows', '300', '--trees', '5', '--output', folder, '--yes'];
    expect(spawnSync(process.execPath, [program('trainer'), ...train]).status).toBe(0);
    const [version] = readdirSync(join(folder, 'versions'));
    const { name } = service.metadata;
    const own = { MODEL_NAME: name, MODEL_DIR: join(folder, 'versions', version!) };
    const deployed = await DeployedService.start('', { ...env, ...own, SHUTDOWN_DELAY_MS: '0' });
    try {
      expect(await deployed.status(container.readinessProbe.httpGet.path)).toBe(200);
      const [, body] = /v2\/models\/ctr\/infer .* -d '(.*)'/.exec(readText('apps/api/README.md'))!;
      expect(await deployed.post(`/v2/models/${name}/infer`, body!)).toMatchObject({
        model_version: version,
        outputs: [{ name: 'predicted_ctr', data: [expect.any(Number), expect.any(Number)] }],
      });
    } finally {
      await deployed.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  }, 300_000);

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
