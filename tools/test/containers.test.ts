import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

const compose = parse(read('docker-compose.yml'), { merge: true });

describe.each(['api', 'trainer'])('the container of %s', (name) => {
  const { build, ...service } = compose.services[name];
  const dockerfile = read(build.dockerfile);

  it('is built from the workspace, on a pinned base', () => {
    expect([build.context, build.dockerfile]).toEqual(['.', `apps/${name}/Dockerfile`]);
    const [, pinned] = /^ARG NODE_IMAGE=(\S+)$/m.exec(dockerfile)!;
    expect(pinned).toMatch(/^node:\d+\.\d+\.\d+-/);
    for (const [, image] of dockerfile.matchAll(/^FROM (\S+)/gm)) {
      if (!dockerfile.includes(` AS ${image}\n`)) expect(image).toBe('${NODE_IMAGE}');
    }
  });

  it('copies only what there is', () => {
    const sources = Array.from(
      dockerfile.matchAll(/^COPY (?!--from)(?:--\S+ )*(.+) \S+$/gm),
      ([, s]) => s,
    );
    expect(sources.length).toBeGreaterThan(0);
    for (const source of sources.flatMap((list) => list.split(/\s+/))) {
      expect({ source, there: source.includes('*') || existsSync(root + source) }).toEqual({
        source,
        there: true,
      });
    }
  });

  it('runs without root, without capabilities, on a read-only file system', () => {
    const stages = dockerfile.split(/^FROM /m);
    expect(stages[stages.length - 1]).toMatch(/^USER (?!root|0)/m);
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect(service.mem_limit).toBeDefined();
  });
});

describe('docker compose', () => {
  it('serves only once training has succeeded, and shares the models read-only', () => {
    const { api, trainer } = compose.services;
    expect(api.depends_on.trainer.condition).toBe('service_completed_successfully');
    expect(trainer.command).toContain('--if-missing');
    expect([trainer.volumes, api.volumes]).toEqual([['models:/models'], ['models:/models:ro']]);
    expect(read('apps/api/Dockerfile')).toContain('HEALTHCHECK');
  });
});
