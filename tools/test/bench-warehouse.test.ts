import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const bench = join(__dirname, '..', 'bench');

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function node(...args: string[]): Promise<Ended> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, args, { cwd: bench })) };
  } catch (error) {
    return error as Ended;
  }
}

/** One training as the benchmark writes it down, on a log of so many million impressions. */
const run = (millions: number, lines: number): object => ({
  seconds: 1,
  trainerCpu: 30,
  counting: { cells: lines - 1000 },
  engine: {
    cpu: 2 + millions,
    scanned: millions * 8e7,
    read: millions * 3e7,
    received: lines * 50,
    lines,
  },
});

const measured = {
  measured: [
    { rows: 1e6, engines: [{ name: 'ClickHouse, two shards', runs: [run(1, 5000)] }] },
    { rows: 1e7, engines: [{ name: 'ClickHouse, two shards', runs: [run(10, 6000)] }] },
    { rows: 1e8, engines: [{ name: 'ClickHouse, two shards', runs: [run(100, 6100)] }] },
  ],
  // The first of those of two shards warms up.
  merging: [
    { shards: 2, cells: 6000, seconds: 9, cpu: 9 },
    { shards: 2, cells: 6000, seconds: 0.1, cpu: 0.1 },
    { shards: 52, cells: 6000, seconds: 3, cpu: 2.6 },
  ],
};

describe('what the warehouse benchmark measured, carried on', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adscale-scale-'));
    await writeFile(join(folder, 'measured.json'), JSON.stringify(measured));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes an impression to cost what it did between the two largest logs, and answers to saturate', async () => {
    const from = ['--measured', join(folder, 'measured.json')];
    const { code, stdout } = await node('warehouse_scale.mjs', ...from, '--shards', '1,100');
    expect(code).toBe(0);
    const rows = stdout.split('\n').map((line) => line.split('|').map((cell) => cell.trim()));
    const row = (name: string): string[] => rows.find((cells) => cells[1] === name)!.slice(2, 4);
    // A microsecond and 80 bytes an impression.
    expect(row('processor time of the engine')).toEqual(['102 s', '278 core hours']);
    expect(row('uncompressed bytes scanned')).toEqual(['8.00 GB', '80.0 TB']);
    // A hundred rows more for each of four further factors of ten.
    expect(row('rows of answers')).toEqual(['6,100', '6,500']);
    expect(row('cells')).toEqual(['5,100', '5,500']);
    expect(row('processor time of the trainer')).toEqual(['30.0 s', '30.0 s']);
    // 1e12 µs of 16 cores; of 1,600.
    expect(rows.find((cells) => cells[1] === '1')!.slice(3, 5)).toEqual(['1041.7', '50.0 ms']);
    expect(rows.find((cells) => cells[1] === '100')!.slice(3, 5)).toEqual(['10.4', '5.00 s']);
  });

  it.each([
    ['warehouse_scale.mjs', ['--shards', '1,x'], '--shards is x, wanted a whole number ≥ 1'],
    ['warehouse_scale.mjs', ['--cores', '0'], '--cores is 0, wanted a whole number ≥ 1'],
    ['warehouse_scale.mjs', ['--measured', 'gone.json'], '--measured is gone.json, wanted a file'],
    ['warehouse.mjs', ['--rows', '10'], '--rows is 10, wanted a whole number from 1000000'],
    ['warehouse.mjs', ['--bins', '1e3'], '--bins is 1e3, wanted a whole number from 2 to 255'],
  ])('%s refuses %j', async (script, args, message) => {
    const { code, stderr } = await node(script, ...args);
    expect(code).not.toBe(0);
    expect(stderr).toContain(message);
  });
});
