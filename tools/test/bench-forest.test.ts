import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Judge } from '../bench/judge.mjs';
import { interleave, spread } from '../bench/stopwatch.mjs';

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

describe('the forest benchmark', () => {
  it('runs every suite without any peer, and all its checks hold', async () => {
    const { code, stdout } = await node('forest.mjs', '--smoke', '--peers', 'none');
    expect(stdout).toContain('All checks passed.');
    for (const title of ['Fit', 'One row', 'Batch', 'Accuracy', 'Scaling']) {
      expect(stdout).toMatch(new RegExp(`^### ${title}: `, 'm'));
    }
    expect(code).toBe(0);
  }, 120_000);

  it.each([
    [['--runs', '0'], '--runs is 0, wanted a whole number ≥ 1'],
    [['speed'], 'suite is speed, wanted some of fit, predict, batch, accuracy, scaling'],
    [['--peers', 'lightgbm'], '--peers is lightgbm, wanted some of'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await node('forest.mjs', ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it('fails a run in which a peer explains more, read other data or answered NaN', () => {
    const judge = new Judge();
    judge.noWorse('ours', 0.9, 'theirs', 0.905, 0.01);
    judge.sameData('peer', [1, 2], [1, 2]);
    judge.finite('peer', [0.1]);
    expect(judge.problems).toEqual([]);
    judge.noWorse('ours', 0.9, 'theirs', 0.92, 0.01);
    judge.sameData('peer', [1, 2], [1, 3]);
    judge.finite('peer', [NaN]);
    expect(judge.problems).toEqual([
      'ours: R² 0.9000 is more than 0.01 below 0.9200 of theirs',
      'peer: read other data (sums 1,2, wanted 1,3)',
      'peer: not finite',
    ]);
  });

  it('begins each round with another contestant, and lets slow and failing ones out', async () => {
    const order: string[] = [];
    const problems: string[] = [];
    const judge = { require: (holds: boolean, text: string) => holds || problems.push(text) };
    let clock = 0;
    const contestant = (label: string, milliseconds: number) => ({
      label,
      run: async () => {
        clock += milliseconds;
        return { place: order.push(label) };
      },
    });
    const broken = { label: 'broken', run: () => Promise.reject(new Error('no')) };
    const all = [contestant('a', 50), contestant('slow', 51), broken, contestant('b', 1)];
    const stayed = await interleave(all, {
      runs: 3,
      patience: 0.05,
      say: () => {},
      judge,
      now: () => clock,
    });
    expect(order).toEqual(['a', 'slow', 'b', 'b', 'a', 'b', 'a']);
    expect(problems).toEqual(['broken: no']);
    expect(stayed.map(({ entry, answers }) => [entry, answers.length])).toEqual([
      [all[0], 3],
      [all[1], 1],
      [all[3], 3],
    ]);
  });

  it('tells the median and the extremes of even and odd numbers of runs', () => {
    expect(spread([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3, runs: 3 });
    expect(spread([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4, runs: 4 });
  });
});
