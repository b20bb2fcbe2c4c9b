import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { request as ask } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { newId, Uploads } from '../../src/training/uploads.js';
import { waitFor, within } from '../wait-for.js';
import { ADMIN_KEY, placements, TrainingService } from './training-service.js';

jest.setTimeout(120_000);

let service: TrainingService;
const LIMIT = 100_000;
beforeAll(async () => {
  const limits = { UPLOAD_LIMIT_BYTES: String(LIMIT), UPLOAD_TOTAL_BYTES: String(3 * LIMIT) };
  service = await TrainingService.start({ ...limits, REQUEST_TIMEOUT_MS: '2000' });
});
afterAll(() => service.close());

const onDisk = () => readdir(join(service.uploads, 'files')).catch(() => []);

/** What is kept of a body, and that it leaves nothing otherwise. */
async function send(body: string | Buffer, headers: Record<string, string> = {}, name = 'a.csv') {
  const before = await onDisk();
  const { port } = service.app.server.address() as AddressInfo;
  const path = `/training/files?name=${encodeURIComponent(name)}`;
  const sent = ask({ port, host: '127.0.0.1', path, method: 'POST' });
  sent.setHeader('x-api-key', ADMIN_KEY);
  for (const [header, value] of Object.entries(headers)) sent.setHeader(header, value);
  sent.on('error', () => {});
  sent.end(body);
  const [answer] = await within('the answer to an upload', once(sent, 'response'));
  let text = '';
  for await (const chunk of answer) text += chunk;
  if (answer.statusCode !== 200) expect(await onDisk()).toEqual(before);
  const told = JSON.parse(text);
  if (answer.statusCode === 200) {
    expect(await readFile(join(service.uploads, 'files', told.id))).toHaveLength(told.bytes);
    await service.ask('delete', `/training/files/${told.id}`).expect(200);
    expect(await onDisk()).toEqual(before);
  }
  return { status: answer.statusCode, told };
}

describe('an upload', () => {
  const text = placements(50);
  const sha256 = createHash('sha256').update(text).digest('hex');
  const whole = { status: 200, told: { bytes: text.length, sha256, name: 'a.csv' } };

  it.each<[string, string | Buffer, Record<string, string>]>([
    ['of no type', text, {}],
    ['called JSON', text, { 'content-type': 'application/json' }],
    ['called lines of JSON', text, { 'content-type': 'application/x-ndjson' }],
    ['called a form', text, { 'content-type': 'application/x-www-form-urlencoded' }],
    ['called nonsense', text, { 'content-type': 'no/type at all;;' }],
    ['without a length', text, { 'transfer-encoding': 'chunked' }],
    ['packed on its way', gzipSync(text), { 'content-encoding': 'gzip' }],
    ['that waits to be let in', text, { expect: '100-continue' }],
  ])('%s is kept as it is', async (_what, body, headers) => {
    expect(await send(body, headers)).toMatchObject(whole);
  });

  it('is listed with the room that is left, the newest first', async () => {
    const ids = [];
    for (const name of ['first.csv', 'second.csv']) ids.push((await service.upload(text, name)).id);
    const { body } = await service.ask('get', '/training/files').expect(200);
    expect(body.files.map(({ id }: { id: string }) => id).sort()).toEqual([...ids].sort());
    expect(body.room).toMatchObject({ file_bytes: LIMIT, total_bytes: 3 * LIMIT });
    expect(body.room.used_bytes).toBeGreaterThan(2 * text.length);
    for (const id of ids) await service.ask('delete', `/training/files/${id}`).expect(200);
  });

  it.each<[string, string | Buffer, Record<string, string>, string]>([
    ['too large', 'x'.repeat(LIMIT + 1), {}, 'UPLOAD_TOO_LARGE'],
    [
      'too large, of unknown length',
      'x'.repeat(LIMIT + 1),
      { 'transfer-encoding': 'chunked' },
      'UPLOAD_TOO_LARGE',
    ],
    [
      'too large when unpacked',
      gzipSync('x'.repeat(5 * LIMIT)),
      { 'content-encoding': 'gzip' },
      'UPLOAD_TOO_LARGE',
    ],
    ['empty', '', {}, 'UPLOAD_REFUSED'],
    ['a database', `${'\0'.repeat(8)}DUCK${'\0'.repeat(100)}`, {}, 'UPLOAD_REFUSED'],
    ['not packed as it says', text, { 'content-encoding': 'gzip' }, 'MALFORMED_ENCODING'],
  ])('that is %s leaves nothing', async (_what, body, headers, code) => {
    expect((await send(body, headers)).told).toMatchObject({ code });
  });

  it('for which all files together leave no room leaves nothing', async () => {
    const ids = [];
    for (let i = 0; i < 3; i++) ids.push((await service.upload('x'.repeat(90_000))).id);
    const { told } = await send('x'.repeat(90_000));
    expect(told).toMatchObject({ code: 'UPLOADS_FULL', detail: expect.stringMatching(/300000/) });
    const chunked = { 'transfer-encoding': 'chunked' };
    expect((await send('x'.repeat(90_000), chunked)).told).toMatchObject({ code: 'UPLOADS_FULL' });
    for (const id of ids) await service.ask('delete', `/training/files/${id}`).expect(200);
  });

  it('that the disk has no room for leaves nothing', async () => {
    const file = await open(join(service.uploads, 'probe'), 'w');
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const write = jest.spyOn(Object.getPrototypeOf(file), 'write').mockRejectedValueOnce(full);
    await file.close();
    try {
      const { told } = await send(text);
      expect(told).toMatchObject({ code: 'UPLOADS_FULL', detail: expect.stringMatching(/disk/) });
    } finally {
      write.mockRestore();
    }
  });

  it.each([
    ['that is cut off', true, undefined],
    ['that stands still', false, 408],
  ])('%s leaves nothing', async (_what, isCut, status) => {
    const { port } = service.app.server.address() as AddressInfo;
    const path = '/training/files?name=a.csv';
    const sent = ask({ port, host: '127.0.0.1', path, method: 'POST' });
    sent.on('error', () => {});
    sent.setHeader('x-api-key', ADMIN_KEY).setHeader('content-length', '50000');
    sent.write('x'.repeat(1000));
    const answered = once(sent, 'response');
    answered.catch(() => {});
    await waitFor('its beginning on disk', async () => (await onDisk()).length > 0);
    if (isCut) sent.destroy();
    if (status !== undefined) {
      const [answer] = await within('the refusal of an upload that stands still', answered);
      expect(answer.statusCode).toBe(status);
      answer.resume();
    }
    await waitFor('nothing on disk', async () => (await onDisk()).length === 0);
  });
});

describe('the name of a file', () => {
  it.each([
    '../../x',
    '/etc/passwd',
    '.',
    '-rf',
    '--output=x',
    'a\\b',
    'C:\\x.csv',
    '\u202egnp.csv',
    'تقرير.csv',
    "'; DROP TABLE x; --",
    '<img src=x onerror=alert(1)>',
    '$&$1',
    '%2e%2e%2f',
    'n'.repeat(255),
  ])('%j is told and is no path', async (name) => {
    const { status, told } = await send('x', {}, name);
    expect([status, told.name]).toEqual([200, name]);
    expect(told.id).toMatch(/^[0-9a-z]{8,9}-[0-9a-f]{12}$/);
  });

  it.each(['', '   ', 'a\0b', 'a\nb', '\u0085', 'n'.repeat(256)])('%j is refused', async (name) => {
    expect((await send('x', {}, name)).told).toMatchObject({ code: 'INVALID_QUERY' });
  });

  it('must be given, once', async () => {
    for (const query of ['', '?name=a&name=b', '?file=a', '?name=a&x=1']) {
      const sent = service.ask('post', `/training/files${query}`).send('x');
      expect((await sent.expect(422)).body.code).toBe('INVALID_QUERY');
    }
  });
});

it('what an upload of a process that died has left takes no room after two hours', async () => {
  const folder = join(service.uploads, 'other');
  let now = Date.now();
  const uploads = new Uploads(folder, { fileBytes: 10, totalBytes: 10 }, () => now);
  expect(await uploads.usedBytes()).toBe(0);
  await uploads.list();
  await mkdir(join(folder, 'files'), { recursive: true });
  await writeFile(join(folder, 'files', `${newId(now)}.part`), 'half');
  expect(await uploads.usedBytes()).toBe(4);
  now += 2 * 3600 * 1000 + 60_000;
  expect(await uploads.usedBytes()).toBe(0);
  expect(await readdir(join(folder, 'files'))).toEqual([]);
});
