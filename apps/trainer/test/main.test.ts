import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { Registry } from '@adscale/ctr';
import { testFolder } from './reading.js';
import {
  adscale,
  heard,
  makePipe,
  opened,
  program,
  stopWhen,
  written,
  type Finished,
} from './run.js';

const at = testFolder();
beforeEach(() => mkdir(at('tmp')));

/** Stops a command; its temporary files, all of which are in `tmp`, are gone afterwards. */
async function stop(
  until: Parameters<typeof stopWhen>[0],
  signal: 'SIGINT' | 'SIGTERM',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  const ended = await stopWhen(until, signal, args, { env: { TMPDIR: at('tmp'), ...env } });
  expect(await readdir(at('tmp'))).toEqual([]);
  return ended;
}

/** It printed no result, and says last that it was stopped. */
function expectStopped({ status, stdout, stderr }: Finished, signal: 'SIGINT' | 'SIGTERM'): void {
  const last = stderr.trimEnd().split('\n').at(-1);
  const wanted = { SIGINT: 130, SIGTERM: 143 }[signal];
  expect({ status, stdout, last }).toEqual({
    status: wanted,
    stdout: '',
    last: `adscale: stopped by ${signal}`,
  });
}

/** A version whose card is a pipe: whoever reads it waits for ever. */
async function makeEndlessModel(): Promise<string> {
  const version = '20260101-000000-0123abcd';
  const folder = at(`models/versions/${version}`);
  await mkdir(folder, { recursive: true });
  await writeFile(at('models/current'), `${version}\n`);
  await writeFile(`${folder}/model.adsf`, 'whatever');
  makePipe(`${folder}/model.json`);
  return `${folder}/model.json`;
}

/** Has somebody on another machine hold the registry's lock, and give signs of life. */
async function holdLock(): Promise<() => void> {
  const lock = at('models/lock');
  await writeFile(lock, JSON.stringify({ owner: 'x.77.1', host: 'elsewhere', pid: 77 }));
  const beat = setInterval(() => void utimes(lock, new Date(), new Date()), 4000);
  return () => clearInterval(beat);
}

const endlessQuery = 'SELECT count(*) AS clicks FROM range(100000000000) a, range(1000) b';

describe('adscale that is told to stop', () => {
  it('ends at once when the program that started it leaves, wherever it stands', async () => {
    const args = ['inspect', '-o', at('out'), '--query', endlessQuery];
    const child = fork(program, args, {
      env: { ...process.env, TMPDIR: at('tmp') },
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    const ended = once(child, 'exit');
    await written(at('tmp'))();
    child.disconnect();
    expect(await ended).toEqual([143, null]);
    expect(await readdir(at('tmp'))).toEqual([]);
  });

  it.each([
    ['SIGTERM', ['models', 'list']],
    ['SIGINT', ['models', 'show']],
    ['SIGTERM', ['models', 'diff', 'current']],
    ['SIGINT', ['export', 'onnx', '-o', 'model.onnx']],
    ['SIGTERM', ['evaluate', 'data.csv']],
    ['SIGINT', ['predict', 'data.csv', '-o', 'scored.csv']],
  ] as const)('ends at once on %s while %j reads a model', async (signal, args) => {
    const card = await makeEndlessModel();
    expectStopped(await stop(opened(card), signal, [...args, '-m', at('models')]), signal);
  });

  it('ends at once while an import reads its file', async () => {
    makePipe(at('model.onnx'));
    const args = ['import', 'onnx', at('model.onnx'), '-m', at('models')];
    expectStopped(await stop(opened(at('model.onnx')), 'SIGTERM', args), 'SIGTERM');
    expect(existsSync(at('models'))).toBe(false);
  });

  it('ends at once while a decision waits for its request', async () => {
    const flags = ['--rows', '100', '--trees', '2', '--no-report'];
    await adscale(['train', ...flags, '-o', at('models')]);
    // More than a pipe holds: it is written once the program has begun to read.
    const begun = (child: ChildProcess) =>
      new Promise((resolve) => child.stdin!.write(' '.repeat(1 << 20), resolve));
    const args = ['decide', 'rank', '-', '-o', at('models')];
    expectStopped(await stop(begun, 'SIGTERM', args), 'SIGTERM');
  });

  it.each([
    ['SIGINT', ['inspect', '-o']],
    ['SIGTERM', ['train', '--yes', '-o']],
  ] as const)('ends at once on %s while the database works for %j', async (signal, args) => {
    const query = [at('out'), '--query', endlessQuery];
    expectStopped(await stop(written(at('tmp')), signal, [...args, ...query]), signal);
    expect(existsSync(at('out'))).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at once on %s in the middle of a calculation that lets nothing else in',
    async (signal) => {
      // Once the forest is grown, which is said, a calculation begins that never ends.
      const hang = `
        const { write } = process.stderr;
        process.stderr.write = function (text, ...rest) {
          write.call(this, text, ...rest);
          while (/^grow:/.test(text));
          return true;
        };`;
      const env = { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(hang)}` };
      const args = ['train', '--rows', '200', '--trees', '2', '-o', at('models')];
      expectStopped(await stop(heard(/^grow:/m), signal, args, env), signal);
      expect(existsSync(at('models'))).toBe(false);
    },
  );

  it.each([
    ['SIGTERM', 'csv'],
    ['SIGINT', 'ndjson'],
    ['SIGTERM', 'parquet'],
  ] as const)('ends at once on %s while it writes records as %s', async (signal, ending) => {
    await mkdir(at('out'));
    const args = ['generate', '--rows', '900000000', '-o', at(`out/ads.${ending}`)];
    const begun = written(at(ending === 'parquet' ? 'tmp' : 'out'));
    expectStopped(await stop(begun, signal, args), signal);
    expect(await readdir(at('out'))).toEqual([]);
  });

  it('ends at once while it writes records to standard output', async () => {
    const args = ['generate', '--rows', '900000000'];
    const { status, stderr } = await stop(heard(), 'SIGTERM', args);
    expect({ status, stderr }).toEqual({ status: 143, stderr: 'adscale: stopped by SIGTERM\n' });
  });

  it('ends although only its first process is killed', async () => {
    await mkdir(at('out'));
    const args = ['generate', '--rows', '900000000', '-o', at('out/ads.csv')];
    await stopWhen(written(at('out')), 'SIGKILL', args);
    expect(await readdir(at('out'))).toEqual([]);
  });

  it.each([
    ['SIGTERM', ['models', 'promote', 'current', '-m']],
    ['SIGINT', ['models', 'tag', 'best', 'current', '-m']],
    ['SIGTERM', ['models', 'prune', '--keep', '1', '-m']],
    ['SIGTERM', ['train', '--rows', '100', '--trees', '2', '--no-report', '-o']],
  ] as const)('ends at once on %s while %j waits for its turn', async (signal, args) => {
    await makeEndlessModel();
    const release = await holdLock();
    try {
      const before = await readdir(at('models'));
      // Its request for a turn is a file beside the lock.
      expectStopped(await stop(written(at('models')), signal, [...args, at('models')]), signal);
      expect(await readdir(at('models'))).toEqual(before);
    } finally {
      release();
    }
  });

  it('tells it as JSON to machines', async () => {
    const card = await makeEndlessModel();
    const args = ['models', 'list', '-m', at('models'), '--json'];
    const { stderr } = await stop(opened(card), 'SIGTERM', args);
    expect(JSON.parse(stderr)).toEqual({ error: 'stopped by SIGTERM' });
  });
});

it('adscale publishes into a relative folder of one letter, and ends', async () => {
  const args = ['train', '--rows', '100', '--trees', '2', '--no-report', '--output', 'm'];
  const { status, stdout } = await adscale(args, undefined, { cwd: at('.') });
  expect(status).toBe(0);
  const version = await new Registry(at('m')).current();
  expect(stdout).toContain(`now current: m/versions/${version}`);
  expect(await readFile(at(`m/versions/${version}/model.json`), 'utf8')).toContain('"trees": 2');
});
