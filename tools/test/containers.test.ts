import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (path: string): string => readFileSync(root + path, 'utf8');

const compose = parse(read('docker-compose.yml'), { merge: true });

describe.each([
  ['api', 'api'],
  ['trainer', 'trainer'],
  ['retrain', 'trainer'],
])('the container of %s', (name, app) => {
  const { build, ...service } = compose.services[name];
  const dockerfile = read(build.dockerfile);

  it('is built from the workspace, on a pinned base', () => {
    expect([build.context, build.dockerfile]).toEqual(['.', `apps/${app}/Dockerfile`]);
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

it('no image lacks a source because a folder of it is named like one that is ignored', () => {
  const ignored = read('.dockerignore').split('\n').filter(Boolean);
  const anywhere = ignored.flatMap((line) => (line.startsWith('**/') ? [line.slice(3)] : []));
  const sources = ['apps', 'libs'].flatMap((top) =>
    readdirSync(root + top, { recursive: true, encoding: 'utf8' }).filter(
      (path) => path.split('/')[1] === 'src',
    ),
  );
  expect(sources.length).toBeGreaterThan(100);
  expect(sources.filter((path) => path.split('/').some((part) => anywhere.includes(part)))).toEqual(
    [],
  );
});

describe('docker compose', () => {
  it('serves only once training has succeeded, and shares the models read-only', () => {
    const { api, trainer } = compose.services;
    expect(api.depends_on.trainer.condition).toBe('service_completed_successfully');
    expect(trainer.command).toContain('--if-missing');
    expect(trainer.volumes).toEqual(['models:/models']);
    // Read-only unless somebody says otherwise.
    expect(api.volumes).toContain('models:/models:${MODELS_MODE:-ro}');
    expect(read('apps/api/Dockerfile')).toContain('HEALTHCHECK');
  });

  it('keeps outcomes in a volume that the user of the image may write to, unless told otherwise', () => {
    const { api } = compose.services;
    expect(api.volumes).toContain('outcomes:/outcomes');
    expect(compose.volumes).toHaveProperty('outcomes');
    expect(api.environment.OUTCOMES_URL).toBe('${OUTCOMES_URL:-file:/outcomes/outcomes.db}');
    const dockerfile = read('apps/api/Dockerfile');
    expect(dockerfile).toContain('OUTCOMES_URL=file:/outcomes/outcomes.db');
    expect(dockerfile).toMatch(/^RUN install -d -o 1000 -g 1000 .*\/outcomes$/m);
  });

  it('passes on every setting of outcomes, decisions, monitoring and alerts', () => {
    const settings = read('apps/api/README.md').matchAll(
      /^\| `((?:OUTCOMES|PREDICTION|DECISION_LOG|MONITORING|ALERT)\w*)`/gm,
    );
    const names = Array.from(settings, ([, name]) => name!);
    expect(names.length).toBeGreaterThan(10);
    expect(names.filter((name) => !(name in compose.services.api.environment))).toEqual([]);
  });

  it('retrains only where that is asked for, by the service that answers, with a key from outside', () => {
    const { retrain } = compose.services;
    expect([retrain.profiles, retrain.command.slice(0, 2)]).toEqual([
      ['retrain'],
      ['retrain', '--every'],
    ]);
    expect(retrain.depends_on.api.condition).toBe('service_healthy');
    expect(retrain.volumes).toEqual(['models:/models']);
    expect(retrain.environment).toEqual({
      ADSCALE_URL: 'http://api:8000',
      ADSCALE_API_KEY: '${RETRAIN_API_KEY:-}',
    });
  });
});
