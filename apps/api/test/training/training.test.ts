import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import request from 'supertest';
import { Progress } from '../../src/training/progress.js';
import { LONG, placements, platformExport, TrainingService } from './training-service.js';

jest.setTimeout(180_000);

/** Of one test, which sets it up as it needs it. */
let service: TrainingService;
/** Of all tests that run no job. */
let idle: TrainingService;
beforeAll(async () => (idle = await TrainingService.start()));
afterAll(() => idle.close());

describe('a file that is trained on', () => {
  afterEach(() => service.close());

  it('is looked at, trained on by the edited draft, and becomes a version that does not serve', async () => {
    service = await TrainingService.start();
    const file = await service.upload(platformExport(600), 'April 2026.csv');
    const { id } = await service.job('inspect', file.id);
    const looked = (await service.over(id, 'succeeded')).result as {
      source: string;
      rows: number;
      files: { path: string }[];
      mapping: { clicks: string; features: Record<string, { column: string }> };
    };
    expect(looked).toMatchObject({ source: 'April 2026.csv', rows: 600 });
    expect(looked.files[0].path).toBe('April 2026.csv');
    expect(looked.mapping).toMatchObject({ impressions: 'Impressions', clicks: 'Link clicks' });
    const { placement, bid } = looked.mapping.features;
    const mapping = { ...looked.mapping, features: { place: placement, bid } };
    const training = await service.job('train', file.id, { mapping, trees: 20, model: 'forest' });
    const done = await service.over(training.id, 'succeeded');
    const { version } = done.result as { version: string };
    expect(done).toMatchObject({ progress: 1, mapped: true, options: { trees: 20 } });
    expect(done.result).toMatchObject({ held_out: { normalised_entropy: expect.any(Number) } });
    expect(await service.versions()).toMatchObject([{ version, roles: [] }]);
    const { body } = await service.ask('get', `/models/${version}`).expect(200);
    expect(body).toMatchObject({ source: 'April 2026.csv', parameters: { trees: 20 } });
    expect(body.schema.features.map(({ name }: { name: string }) => name)).toEqual([
      'place',
      'bid',
    ]);
  });

  it('is promoted when that is asked for', async () => {
    service = await TrainingService.start();
    const file = await service.upload(placements(400));
    const { id } = await service.job('train', file.id, { trees: 10, promote: true });
    await service.over(id, 'succeeded');
    const { body } = await service.ask('get', '/models').expect(200);
    expect(body.current).toBe(body.versions[0].version);
  });

  it('that cannot be read fails with the reason of the trainer, in the words of its sender', async () => {
    service = await TrainingService.start();
    const file = await service.upload(`PAR1${'no'.repeat(50)}PAR1`, 'odd "one".csv');
    const { id } = await service.job('inspect', file.id);
    const { error, log } = await service.over(id, 'failed');
    expect(error).toContain('odd "one".csv');
    expect(JSON.stringify([error, log])).not.toContain(service.uploads);
  });

  it('by a mapping whose SQL reads another file fails, and tells nothing of that file', async () => {
    service = await TrainingService.start();
    const file = await service.upload(placements(300));
    const secret = join(service.uploads, 'files', `${file.id}.json`);
    const mapping = {
      ...{ impressions: 'impressions', clicks: 'clicks' },
      derived: { stolen: `(SELECT content FROM read_text('${secret}'))` },
      features: { stolen: { column: 'stolen', kind: 'categorical' } },
    };
    const { id } = await service.job('train', file.id, { mapping });
    const { error, log } = await service.over(id, 'failed');
    expect(error).toMatch(/Permission Error|disabled/);
    expect(JSON.stringify([error, log])).not.toContain('sha256');
  });

  it('with an option that looks like a flag is read by a column of that name', async () => {
    service = await TrainingService.start();
    const file = await service.upload(placements(300));
    const { id } = await service.job('inspect', file.id, { clicks: '--output=/tmp/elsewhere' });
    const { error } = await service.over(id, 'failed');
    expect(error).toMatch(/--clicks: got --output=\/tmp\/elsewhere/);
  });
});

describe('a job that runs', () => {
  afterEach(() => service.close());

  it('is told as events, the last of which is final and ends them', async () => {
    service = await TrainingService.start();
    const file = await service.upload(placements(400));
    const { id } = await service.job('train', file.id, { trees: 30 });
    const { text } = await service
      .ask('get', `/training/jobs/${id}/stream`)
      .expect(200)
      .expect('content-type', 'text/event-stream');
    const told = text.split('\n\n').filter((event) => event.startsWith('data: '));
    const jobs = told.map((event) => JSON.parse(event.slice('data: '.length)));
    expect(jobs.at(-1)).toMatchObject({ state: 'succeeded', progress: 1 });
    const shares = jobs.map(({ progress }) => progress);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
  });

  it('ends when it is cancelled: nothing is published, and the next one runs', async () => {
    service = await TrainingService.start();
    const file = await service.upload(placements(5000));
    const long = await service.job('train', file.id, LONG);
    const waiting = await service.job('train', file.id, LONG);
    const next = await service.job('inspect', file.id);
    expect([waiting.ahead, next.ahead]).toEqual([expect.any(Number), expect.any(Number)]);
    await service.grows(long.id);
    await service.ask('delete', `/training/files/${file.id}`).expect(409);
    await service.ask('delete', `/training/jobs/${waiting.id}`).expect(200);
    await service.ask('delete', `/training/jobs/${long.id}`).expect(200);
    await service.over(waiting.id, 'cancelled');
    await service.over(long.id, 'cancelled');
    await service.over(next.id, 'succeeded');
    expect(await service.versions()).toEqual([]);
    // What is over stays what it is, and leaves its file alone.
    const { body } = await service.ask('delete', `/training/jobs/${next.id}`).expect(200);
    expect(body.state).toBe('succeeded');
    const left = await readdir(join(service.uploads, 'jobs'));
    expect(left.filter((name) => !name.endsWith('.json'))).toEqual([]);
    await service.ask('delete', `/training/files/${file.id}`).expect(200);
    expect(await readdir(join(service.uploads, 'files'))).toEqual([]);
  });

  it('ends when its time is over', async () => {
    let timeIsUp = (): void => {};
    let limit = 0;
    const after = (ms: number, call: () => void) => {
      [limit, timeIsUp] = [ms, call];
      return () => {};
    };
    service = await TrainingService.start({ TRAINING_MINUTES: '7' }, { after });
    const file = await service.upload(placements(5000));
    const { id } = await service.job('train', file.id, LONG);
    await service.grows(id);
    expect(limit).toBe(7 * 60_000);
    timeIsUp();
    const { error } = await service.over(id, 'timed_out');
    expect(error).toContain('TRAINING_MINUTES');
    expect(await service.versions()).toEqual([]);
  });

  it('ends when what it unpacks takes more of the disk than it may', async () => {
    service = await TrainingService.start({ TRAINING_DISK_MB: '16' });
    const file = await service.upload(gzipSync(placements(1_500_000)), 'small.csv.gz');
    expect(file.bytes).toBeLessThan(16e6);
    const { id } = await service.job('train', file.id, LONG);
    const { error } = await service.over(id, 'failed');
    expect(error).toContain('TRAINING_DISK_MB');
    expect(await service.versions()).toEqual([]);
  });

  it('ends with the service, is lost, and what waited runs after the next start', async () => {
    service = await TrainingService.start();
    const { uploads: UPLOAD_DIR, models: MODEL_DIR } = service;
    const file = await service.upload(placements(5000));
    const long = await service.job('train', file.id, LONG);
    const waiting = await service.job('inspect', file.id);
    await service.grows(long.id);
    await service.close();
    const kept = JSON.parse(await readFile(join(UPLOAD_DIR, 'jobs', `${long.id}.json`), 'utf8'));
    expect(kept).toMatchObject({ state: 'lost', error: expect.stringContaining('service ended') });
    service = await TrainingService.start({ UPLOAD_DIR, MODEL_DIR });
    await service.over(waiting.id, 'succeeded');
    await service.over(long.id, 'lost');
  });
});

describe('who may', () => {
  it.each([
    ['get', '/training/files'],
    ['post', '/training/files?name=a.csv'],
    ['delete', '/training/files/x'],
    ['get', '/training/jobs'],
    ['post', '/training/jobs'],
    ['get', '/training/jobs/x'],
    ['get', '/training/jobs/x/stream'],
    ['delete', '/training/jobs/x'],
  ] as const)('%s %s is for administrators', async (method, path) => {
    const { server } = idle.app;
    const bidder = () => request(server)[method](path).set('x-api-key', 'a key of a bidder');
    expect((await bidder().expect(403)).body.code).toBe('SCOPE_MISSING');
    expect((await request(server)[method](path).expect(401)).body.code).toBe('API_KEY_REQUIRED');
  });
});

describe('a request for a job', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['a list', [], /an object of kind and file/],
    ['another kind', { kind: 'drop', file: 'x' }, /kind is "drop"; it must be one of/],
    ['no file', { kind: 'train' }, /file is missing/],
    ['another field', { kind: 'train', file: 'x', shell: 'sh' }, /shell is "sh"/],
    ['an unknown option', { options: { query: 'SELECT 1' } }, /options.query is "SELECT 1"/],
    ['an inherited option', { options: { constructor: 1 } }, /options.constructor/],
    ['a text for a number', { options: { trees: '10' } }, /options.trees is "10"/],
    ['too many trees', { options: { trees: 1e9 } }, /options.trees is 1000000000/],
    ['a text with NUL', { options: { label: 'a\0b' } }, /options.label/],
    ['a list for a text', { options: { model: ['forest'] } }, /options.model is "\(an array\)"/],
    ['a path for a mapping', { options: { mapping: '/etc/passwd' } }, /options.mapping/],
    ['no truth', { options: { promote: 'yes' } }, /options.promote is "yes"/],
  ];

  it.each(wrong)('with %s is refused by name', async (_what, given, message) => {
    const isOptions = typeof given === 'object' && given !== null && 'options' in given;
    const job = isOptions ? { kind: 'train', file: 'x', ...given } : given;
    const { body } = await service
      .ask('post', '/training/jobs')
      .send(job as object)
      .expect(422);
    expect(body.code).toBe('INVALID_TRAINING');
    expect(JSON.stringify(body.errors).replaceAll('\\"', '"')).toMatch(message);
  });

  it('of a file by a path finds none', async () => {
    for (const file of ['../../x', '..', '', 'a/b', 'x'.repeat(10_000), '__proto__', '\u202ex']) {
      const sent = idle.ask('post', '/training/jobs').send({ kind: 'inspect', file });
      expect((await sent.expect(404)).body.code).toBe('FILE_UNKNOWN');
    }
    for (const id of ['..%2f..%2fx', '%00', '%2e%2e', 'training.lock', 'x'.repeat(300)]) {
      await idle.ask('get', `/training/jobs/${id}`).expect(404);
      await idle.ask('delete', `/training/files/${id}`).expect(404);
    }
  });
});

it('what a trainer says at length is kept with its beginning and its end', () => {
  const progress = new Progress(
    'inspect',
    (text) => text,
    () => {},
  );
  const error = `row 7 is too long: ${'x'.repeat(5_000_000)}; mend the row`;
  progress.hear(JSON.stringify({ error }));
  expect(progress.error).toMatch(/^row 7 is too long: x+ … x+; mend the row$/);
  expect(progress.error!.length).toBeLessThan(2010);
});
