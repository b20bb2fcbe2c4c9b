import { execFile } from 'node:child_process';
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

/** Runs a module of the benchmark's own, as it runs itself, and gives what `expression` is. */
async function valueOf(module: string, expression: string): Promise<unknown> {
  const script = `import * as it from './${module}';
    process.stdout.write(JSON.stringify(await (async () => ${expression})()));`;
  const { code, stdout, stderr } = await node('--input-type=module', '-e', script);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout);
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

  it('fails a run in which a peer explains more, read other data or answered NaN', async () => {
    const problems = await valueOf(
      'judge.mjs',
      `{
        const judge = new it.Judge();
        judge.noWorse('ours', 0.9, 'theirs', 0.905, 0.01);
        judge.sameData('peer', [1, 2], [1, 2]);
        judge.finite('peer', [0.1]);
        const none = judge.problems.length;
        judge.noWorse('ours', 0.9, 'theirs', 0.92, 0.01);
        judge.sameData('peer', [1, 2], [1, 3]);
        judge.finite('peer', [NaN]);
        return { none, some: judge.problems };
      }`,
    );
    expect(problems).toEqual({
      none: 0,
      some: [
        'ours: R² 0.9000 is more than 0.01 below 0.9200 of theirs',
        'peer: read other data (sums 1,2, wanted 1,3)',
        'peer: not finite',
      ],
    });
  });

  it('begins each round with another contestant, and lets slow and failing ones out', async () => {
    const result = await valueOf(
      'stopwatch.mjs',
      `{
        const order = [];
        const problems = [];
        const judge = { require: (holds, text) => holds || problems.push(text) };
        const quick = (label) => ({ label, run: async () => order.push(label) });
        const slow = { label: 'slow', run: async () => {
          order.push('slow');
          await new Promise((done) => setTimeout(done, 60));
        } };
        const broken = { label: 'broken', run: async () => { throw new Error('no'); } };
        const stayed = await it.interleave([quick('a'), slow, broken, quick('b')], {
          runs: 3, patience: 0.05, say: () => {}, judge,
        });
        return { order, problems, stayed: stayed.map((s) => [s.entry.label, s.answers.length]) };
      }`,
    );
    expect(result).toEqual({
      order: ['a', 'slow', 'b', 'b', 'a', 'b', 'a'],
      problems: ['broken: no'],
      stayed: [
        ['a', 3],
        ['slow', 1],
        ['b', 3],
      ],
    });
  });

  it('tells the median and the extremes of even and odd numbers of runs', async () => {
    const both = await valueOf('stopwatch.mjs', '[it.spread([3, 1, 2]), it.spread([4, 1, 2, 3])]');
    expect(both).toEqual([
      { median: 2, min: 1, max: 3, runs: 3 },
      { median: 2.5, min: 1, max: 4, runs: 4 },
    ]);
  });
});
