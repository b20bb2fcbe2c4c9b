import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { exclusively, Registry } from '@adscale/ctr';
import { testFolder } from './reading.js';
import { adscale, heard, makePipe, opened, stopWhen, written } from './run.js';

const at = testFolder();

const status = { SIGINT: 130, SIGTERM: 143 } as const;
const signals = ['SIGINT', 'SIGTERM'] as const;

/** A version whose card is a pipe: whoever reads it waits for ever. */
async function endlessModel(): Promise<string> {
  const version = '20260101-000000-0123abcd';
  await mkdir(at(`models/versions/${version}`), { recursive: true });
  await writeFile(at('models/current'), `${version}\n`);
  await writeFile(at(`models/versions/${version}/model.adsf`), 'whatever');
  const card = at(`models/versions/${version}/model.json`);
  makePipe(card);
  return card;
}

/** Runs a command whose temporary files are all in `tmp`, and stops it. */
async function stop(
  until: Parameters<typeof stopWhen>[0],
  signal: (typeof signals)[number],
  ...args: string[]
) {
  await mkdir(at('tmp'));
  const ended = await stopWhen(until, signal, args, { env: { TMPDIR: at('tmp') } });
  expect(await readdir(at('tmp'))).toEqual([]);
  return ended;
}

const endlessQuery = 'SELECT count(*) AS clicks FROM range(100000000000) a, range(1000) b';

describe.each(signals)('%s', (signal) => {
  const stopped = { status: status[signal], stdout: '' };
  const told = (stderr: string): string => stderr.trimEnd().split('\n').at(-1)!;

  it.each([
    [['models', 'list']],
    [['models', 'show']],
    [['models', 'diff', 'current']],
    [['export', 'onnx', '-o', 'model.onnx']],
    [['evaluate', 'data.csv']],
    [['predict', 'data.csv', '-o', 'scored.csv']],
  ])('stops %j while it reads a model', async ([...args]) => {
    const card = await endlessModel();
    const ended = await stop(opened(card), signal, ...args, '-m', at('models'));
    expect(ended).toMatchObject(stopped);
    expect(ended.stderr).toBe(`adscale: stopped by ${signal}\n`);
  });

  it('stops an import while it reads a file', async () => {
    makePipe(at('model.onnx'));
    const args = ['import', 'onnx', at('model.onnx'), '-m', at('models')];
    expect(await stop(opened(at('model.onnx')), signal, ...args)).toMatchObject(stopped);
    expect(existsSync(at('models'))).toBe(false);
  });

  it('stops a decision while it waits for its request', async () => {
    const flags = ['--rows', '100', '--trees', '2', '--no-report'];
    await adscale(['train', ...flags, '-o', at('models')]);
    // More than a pipe holds: it is written once the program has begun to read.
    const begun = (child: ChildProcess) =>
      new Promise((resolve) => child.stdin!.write(' '.repeat(1 << 20), resolve));
    const args = ['decide', 'rank', '-', '-o', at('models')];
    expect(await stop(begun, signal, ...args)).toMatchObject(stopped);
  });

  it.each([[['inspect', '-o']], [['train', '--yes', '-o']]])(
    'stops %j while the database works',
    async ([...args]) => {
      const flags = [at('out'), '--query', endlessQuery];
      const ended = await stop(written(at('tmp')), signal, ...args, ...flags);
      expect(ended).toMatchObject(stopped);
      expect(told(ended.stderr)).toBe(`adscale: stopped by ${signal}`);
      expect(existsSync(at('out'))).toBe(false);
    },
  );

  it('stops training while it judges the forest', async () => {
    // Judging so many rows is one calculation of seconds, which lets nothing else in.
    const args = ['train', '--rows', '150000', '--trees', '1', '--no-report'];
    const ended = await stop(heard(/^grow:/m), signal, ...args, '-o', at('models'));
    expect(ended).toMatchObject(stopped);
    expect(told(ended.stderr)).toBe(`adscale: stopped by ${signal}`);
    expect(existsSync(at('models'))).toBe(false);
  });

  it.each(['csv', 'ndjson', 'parquet'])('stops writing records as %s', async (ending) => {
    await mkdir(at('out'));
    const args = ['generate', '--rows', '900000000', '-o', at(`out/ads.${ending}`)];
    const begun = written(at(ending === 'parquet' ? 'tmp' : 'out'));
    expect(await stop(begun, signal, ...args)).toMatchObject(stopped);
    expect(await readdir(at('out'))).toEqual([]);
  });

  it('stops writing records to standard output', async () => {
    const ended = await stop(heard(), signal, 'generate', '--rows', '900000000');
    expect([ended.status, ended.stderr]).toEqual([
      status[signal],
      `adscale: stopped by ${signal}\n`,
    ]);
  });

  it.each([
    [['models', 'promote', 'current']],
    [['models', 'tag', 'best', 'current']],
    [['models', 'prune', '--keep', '1']],
  ])('stops %j while it waits for its turn', async ([...args]) => {
    await endlessModel();
    const before = await readdir(at('models'));
    await exclusively(at('models'), async () => {
      const locked = await readdir(at('models'));
      const ended = await stop(written(at('models')), signal, ...args, '-m', at('models'));
      expect(ended).toMatchObject(stopped);
      expect(await readdir(at('models'))).toEqual(locked);
    });
    expect(await readdir(at('models'))).toEqual(before);
  });
});

it('tells that it was stopped as JSON to machines', async () => {
  const card = await endlessModel();
  const args = ['models', 'list', '-m', at('models'), '--json'];
  const { stderr } = await stop(opened(card), 'SIGTERM', ...args);
  expect(JSON.parse(stderr)).toEqual({ error: 'stopped by SIGTERM' });
});

it('publishes into a relative folder of one letter, and ends', async () => {
  const args = ['train', '--rows', '100', '--trees', '2', '--no-report', '--output', 'm'];
  const { status, stdout } = await adscale(args, undefined, { cwd: at('.') });
  expect(status).toBe(0);
  const version = await new Registry(at('m')).current();
  expect(stdout).toContain(`now current: m/versions/${version}`);
  expect(await readFile(at(`m/versions/${version}/model.json`), 'utf8')).toContain('"trees": 2');
});
