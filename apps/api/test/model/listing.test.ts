import { hostname } from 'node:os';
import { readFile, rm, truncate, writeFile } from 'node:fs/promises';
import type { Registry } from '@adscale/ctr';
import { TwoVersions } from '../two-versions.js';

let service: TwoVersions;
let folder: string;
let registry: Registry;
let first: string;
let second: string;

beforeEach(async () => {
  service = await TwoVersions.start();
  ({ folder, registry, first, second } = service);
});
afterEach(() => service.close());

describe('GET /models', () => {
  it('lists all versions, newest first: how good they are and what they do', async () => {
    await registry.tag(first, 'spring');
    const { body } = await service.ask('get', '/models').expect(200);
    const models = await Promise.all([first, second].map((version) => registry.load(version)));
    const expected = models.map(({ version, card, digest }) => ({
      version,
      tags: version === first ? ['spring'] : [],
      created_at: card!.created_at,
      digest: version === first ? digest : null,
      metrics: {
        rows: card!.held_out.rows,
        r2: card!.held_out.observed.weighted_r2,
        normalised_entropy: card!.held_out.normalised_entropy,
        calibration_ratio: card!.held_out.calibration_ratio,
      },
      loaded: version === first,
      roles: version === first ? ['current'] : [],
      refused: null,
    }));
    expect(body).toEqual({
      serving: first,
      current: first,
      previous: null,
      canary: null,
      shadow: null,
      versions: [first, second]
        .sort()
        .reverse()
        .map((name) => expected.find((v) => v.version === name)),
      replicas: [{ host: hostname(), pid: process.pid, serving: first }],
    });
  });

  it('says why the one that the registry wants is refused, and which one serves', async () => {
    await truncate(service.fileOf(second, 'model.adsf'), 50);
    await registry.promote(second);
    await service.look();
    const { body } = await service.ask('get', '/models').expect(200);
    expect(body).toMatchObject({ serving: first, current: second, previous: first });
    const listed = body.versions.find(({ version }: { version: string }) => version === second);
    expect(listed.refused).toMatch(/^the version cannot be read: /);
    expect(listed.roles).toEqual([]);
  });

  it('lists a version whose card is missing or holds nothing of use', async () => {
    await rm(service.fileOf(second, 'model.json'));
    await writeFile(service.fileOf(first, 'model.json'), '{}');
    const { body } = await service.ask('get', '/models').expect(200);
    const listed = new Map(body.versions.map((v: { version: string }) => [v.version, v]));
    expect(listed.get(second)).toMatchObject({
      created_at: null,
      metrics: null,
      refused: expect.stringMatching(/model\.json is missing$/),
    });
    expect(listed.get(first)).toMatchObject({ created_at: null, metrics: null, refused: null });
  });

  it('is empty where there is no registry yet', async () => {
    await rm(folder, { recursive: true });
    await service.restart();
    const { body } = await service.ask('get', '/models').expect(200);
    expect(body).toMatchObject({ serving: null, current: null, versions: [] });
  });
});

describe('GET /models/{version}', () => {
  it('is the card of the version without its training rows', async () => {
    const { body } = await service.ask('get', `/models/${second}`).expect(200);
    const { background, ...card } = JSON.parse(
      await readFile(service.fileOf(second, 'model.json'), 'utf8'),
    );
    expect(body).toEqual(card);
    expect(background).toBeDefined();
  });

  it('names the share of a row that dominates, and not its values', async () => {
    const path = service.fileOf(second, 'model.json');
    const card = JSON.parse(await readFile(path, 'utf8'));
    const row = { row: 3, impressions: 9000, clicks: 50, share: 0.4, features: { budget: 77 } };
    card.dominant_rows = { training: row, held_out: { ...row, without: card.held_out } };
    await writeFile(path, JSON.stringify(card));
    const { body } = await service.ask('get', `/models/${second}`).expect(200);
    expect(body.dominant_rows).toEqual({
      training: { ...row, features: {} },
      held_out: { ...row, features: {}, without: card.held_out },
    });
  });

  it('has the calibration of each segment, as its documentation says', async () => {
    const { body } = await service.ask('get', `/models/${second}`).expect(200);
    const { body: docs } = await service.ask('get', '/docs-json').expect(200);
    const { schema } =
      docs.paths['/models/{version}'].get.responses['200'].content['application/json'];
    const documented = Object.keys(schema.properties.segments.items.properties).sort();
    expect(body.segments.length).toBeGreaterThan(10);
    for (const segment of body.segments) expect(Object.keys(segment).sort()).toEqual(documented);
  });

  it.each(['nothing', '..%2F..%2F..%2Fetc%2Fpasswd', '%2e%2e', '.staging', '__proto__', 'a%00b'])(
    'knows no version %s, and shows no path',
    async (name) => {
      const { body, text } = await service.ask('get', `/models/${name}`).expect(404);
      expect(body.code).toBe('MODEL_VERSION_UNKNOWN');
      expect(text).not.toContain(folder);
      expect(text).not.toContain('passwd');
    },
  );

  it('says what is wrong with a card that cannot be read', async () => {
    await writeFile(service.fileOf(second, 'model.json'), '{');
    const { body, text } = await service.ask('get', `/models/${second}`).expect(409);
    expect(body.code).toBe('MODEL_REFUSED');
    expect(body.detail).toContain('model.json is not JSON');
    expect(text).not.toContain(folder);
  });
});
