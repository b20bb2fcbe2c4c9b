import { readFile, readdir, writeFile } from 'node:fs/promises';
import { Registry, type ModelCard } from '@adscale/ctr';
import { testFolder } from '../reading.js';
import { adscale, heard, stopWhen } from '../run.js';
import { problem, StandIn } from '../service/stand-in.js';

const at = testFolder();
let service: StandIn;

beforeEach(async () => (service = await StandIn.start(at('models'))));
afterEach(() => service.stop());

const registry = (): Registry => new Registry(at('models'));
const cardOf = (version: string): Promise<ModelCard> => registry().card(version);

async function trainGenerated(rows = '1500', trees = '10'): Promise<string> {
  const args = ['train', '--rows', rows, '--trees', trees, '--no-report', '-o', at('models')];
  expect((await adscale(args)).status).toBe(0);
  return (await registry().current())!;
}

/** Outcomes of days from the first of October on, sent to the service. */
async function send(days: number, ...flags: string[]): Promise<void> {
  const rows = [
    '--rows',
    `${60 * days}`,
    '--seed',
    '9',
    '--from',
    '2026-10-01',
    '--days',
    `${days}`,
  ];
  await adscale(['generate', ...rows, ...flags, '-o', at('october.csv')]);
  const sent = await adscale(['outcomes', at('october.csv'), '--url', service.url]);
  expect({ status: sent.status, stderr: sent.status === 0 ? '' : sent.stderr }).toEqual({
    status: 0,
    stderr: '',
  });
}

/** Phones click less by two in five from the second day on. */
const DRIFT = ['--change', 'device_type=mobile:0.6@2026-10-02'];

async function retrain(...flags: string[]) {
  const args = ['retrain', '-m', at('models'), '--url', service.url, '--no-report', '--json'];
  const { status, stdout, stderr } = await adscale([...args, ...flags]);
  return { status, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('adscale retrain', () => {
  it('publishes what is better on days that neither model saw, and has it tried with a gate', async () => {
    const current = await trainGenerated();
    await send(20, ...DRIFT);
    const gate = ['--gate', 'steps=[50,100]', '--gate', 'least_hours=1'];
    const { status, document } = await retrain('--key', 'k', ...gate);
    expect({ status, ...document }).toMatchObject({
      ...{ status: 0, outcome: 'canary', current, held_out_from: '2026-10-17' },
      outcomes: { first: '2026-10-01', last: '2026-10-20', days: 20, cells: 1200 },
      comparison: { better: true, current, candidate: document.version, rows: 240 },
      canary: { started: true },
    });
    expect(document.comparison.interval[1]).toBeLessThan(0);
    expect(service.canary).toEqual({
      version: document.version,
      gate: { steps: [50, 100], least_hours: 1 },
    });
    expect(service.asked.filter(({ key }) => key === 'k').map(({ path }) => path)).toEqual([
      ...[
        '/models',
        '/experiments?finished=true',
        '/outcomes?mature=true&from=1970-01-01',
        '/models/canary',
      ],
    ]);
    expect(await registry().current()).toBe(current);
    expect(await cardOf(document.version)).toMatchObject({
      source: expect.stringMatching(/^generated: 1500 rows.*; outcomes 2026-10-01 to 2026-10-20$/),
      split: { by: 'time', from: Date.UTC(2026, 9, 17) / 1000 },
      held_out: { rows: 240 },
      choice: { kind: 'forest' },
      recipe: {
        ...{ version: 1, input: [], model: 'forest', fit: { trees: 10 } },
        outcomes: { from: null, held_out_from: '2026-10-17', cells: 1200 },
      },
    });
    // While it is tried no other one takes its place.
    const waiting = await retrain();
    expect(waiting.document).toMatchObject({ outcome: 'on_trial', version: document.version });
    // Once it serves, it is trained again from the same rows, and judged by days that it did not see.
    service.canary = null;
    await registry().promote(document.version);
    const again = await retrain();
    expect(again.document).toMatchObject({
      current: document.version,
      outcomes: { cells: 1200 },
      held_out_from: '2026-10-20',
    });
  });

  it('keeps the current model where nothing has changed', async () => {
    const current = await trainGenerated('6000', '60');
    await send(2);
    const before = await registry().versions();
    const { status, document } = await retrain();
    expect([status, document.outcome, document.comparison.better]).toEqual([0, 'kept', false]);
    expect(await registry().versions()).toEqual(before);
    expect([await registry().current(), service.canary]).toEqual([current, null]);
  });

  it.each([[0], [1]])('has nothing to learn from %i days', async (days) => {
    await trainGenerated();
    if (days > 0) await send(days);
    const { status, document } = await retrain();
    expect([status, document.outcome, document.outcomes.days]).toEqual([0, 'nothing_new', days]);
  });

  it('stays published where the service may not write, and says what to do', async () => {
    const current = await trainGenerated();
    await send(20, ...DRIFT);
    service.canaryRefusal = problem(409, {
      code: 'REGISTRY_READ_ONLY',
      title: 'The registry cannot be written from here',
    });
    const args = ['retrain', '-m', at('models'), '--url', service.url, '--no-report'];
    const { status, stdout, stderr } = await adscale(args);
    const version = (await registry().versions()).at(-1)!;
    expect(version).not.toBe(current);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`published ${version}; it is not`),
    ]);
    expect(stdout).toMatch(/PUT \/models\/canary: 409 The registry cannot be written from here/);
    expect(stdout).toContain('MODELS_MODE=rw');
    expect(stdout).toContain(`"adscale models promote ${version}" serves it without a trial`);
  });

  it('tries what it has published again, and makes no other from the same outcomes', async () => {
    const current = await trainGenerated();
    await send(20, ...DRIFT);
    service.canaryRefusal = problem(409, { code: 'REGISTRY_READ_ONLY', title: 'Read-only' });
    const first = await retrain();
    const { version } = first.document;
    const versions = await registry().versions();
    expect([first.status, versions]).toEqual([1, [current, version]]);
    const refused = await retrain();
    expect({ status: refused.status, ...refused.document }).toMatchObject({
      ...{ status: 1, outcome: 'published', current, version, canary: { started: false } },
      reason: `an earlier run published ${version} from the same outcomes; it is not on trial`,
      comparison: first.document.comparison,
    });
    expect((await retrain('--no-canary')).document).toMatchObject({
      outcome: 'published',
      version,
    });
    // What its gate has turned down is not tried again.
    service.canaryRefusal = undefined;
    service.trials.set(version, 'aborted');
    const aborted = await retrain();
    expect({ status: aborted.status, ...aborted.document }).toMatchObject({
      ...{ status: 0, outcome: 'nothing_new' },
      reason: `${current} stays: the same outcomes made ${version}, whose trial was aborted`,
    });
    expect(service.canary).toBeNull();
    service.trials.set(version, 'ended');
    expect((await retrain()).document).toMatchObject({ outcome: 'canary', version });
    expect(service.canary).toEqual({ version, gate: true });
    expect(await registry().versions()).toEqual(versions);
    // Other outcomes make another one.
    service.canary = null;
    const [[key, outcome]] = service.outcomes;
    service.outcomes.set(key, { ...outcome, impressions: outcome.impressions + 1 });
    const other = await retrain();
    expect(other.document.outcome).toBe('canary');
    expect(await registry().versions()).toEqual([...versions, other.document.version]);
  });

  it('learns from arms of finished experiments, marked, and of no others', async () => {
    await trainGenerated();
    await send(6);
    const arms = ['one/a', 'two/b'];
    [...service.outcomes].forEach(([key, outcome], i) => {
      if (i % 3 < 2) service.outcomes.set(key, { ...outcome, arm: arms[i % 3] });
    });
    service.experiments = [{ arms: [{ label: 'zero/a' }] }, { arms: [{ label: 'one/a' }] }];
    const finished = await retrain('--no-canary');
    expect(finished.document.outcomes).toMatchObject({
      cells: 240,
      arms: { 'one/a': 120 },
      left_out: { 'arms of experiments that are not finished': 120 },
    });
    const none = await retrain('--no-canary', '--arms', 'none');
    expect(none.document.outcomes).toMatchObject({ cells: 120, arms: {} });
    const all = await retrain('--no-canary', '--arms', 'all');
    expect(all.document.outcomes.arms).toEqual({ 'one/a': 120, 'two/b': 120 });
  });

  it('reads files again, asks for the days after them, and says when they are gone', async () => {
    const flags = ['--rows', '600', '--from', '2026-09-01', '--days', '10'];
    await adscale(['generate', ...flags, '-o', at('own.csv')]);
    const args = ['train', at('own.csv'), '--trees', '5', '--no-report', '-o', at('models')];
    expect((await adscale(args)).status).toBe(0);
    const { mapping, recipe } = await cardOf((await registry().current())!);
    expect(recipe).toMatchObject({
      input: [at('own.csv')],
      fit: { trees: 5 },
      held_out_share: 0.2,
    });
    expect((mapping as { time?: string }).time).toBeUndefined();
    // Without a time in its mapping, the day of its training counts.
    await retrain();
    const today = new Date().toISOString().slice(0, 10);
    expect(service.asked.at(-1)!.path).toBe(`/outcomes?mature=true&from=${today}`);
    await writeFile(
      at('own.mapping.yaml'),
      `impressions: impressions\nclicks: clicks\ntime: day\nfeatures:\n  device_type: { column: device_type, kind: categorical }\n`,
    );
    expect((await adscale(args)).status).toBe(0);
    await retrain();
    expect(service.asked.at(-1)!.path).toBe('/outcomes?mature=true&from=2026-09-11');
    await retrain('--since', '2026-10-01');
    expect(service.asked.at(-1)!.path).toBe('/outcomes?mature=true&from=2026-10-01');
    await writeFile(at('moved.csv'), await readFile(at('own.csv')));
    await writeFile(at('own.csv'), '');
    const gone = await retrain();
    expect([gone.status, gone.stderr]).toEqual([
      2,
      expect.stringMatching(
        /cannot be read again: .*own.csv.*; run it where the data lies, or name it by --data/,
      ),
    ]);
    expect((await retrain('--data', at('moved.csv'))).document.outcome).toBe('nothing_new');
  });

  it('trains again from the card of an earlier trainer', async () => {
    const version = await trainGenerated();
    const path = registry().fileOf(version, 'model.json');
    const { recipe: _, ...card } = JSON.parse(await readFile(path, 'utf8')) as ModelCard;
    await writeFile(path, JSON.stringify(card));
    await send(20, ...DRIFT);
    const { document } = await retrain('--no-canary');
    expect(document.outcome).toBe('published');
    expect((await cardOf(document.version)).recipe).toMatchObject({ generated: card.source });
  });

  it('refuses a run while another one is under way, and takes over from one that was killed', async () => {
    await trainGenerated();
    await send(4);
    const { cells } = service;
    let reached = (): void => {};
    const asked = new Promise<void>((resolve) => (reached = resolve));
    // The first run hears nothing of its outcomes, and works on.
    service.hold = () => (reached(), new Promise<void>(() => {}));
    const second = asked.then(() => retrain());
    const stopped = await stopWhen(() => second, 'SIGTERM', [
      ...['retrain', '-m', at('models'), '--url', service.url, '--json'],
    ]);
    expect(await second).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/somebody else is retraining.*retrain.lock is held by process/),
    });
    expect([stopped.status, stopped.stdout]).toEqual([143, '']);
    service.hold = undefined;
    service.cells = cells;
    expect((await retrain()).status).toBe(0);
    expect(await readdir(at('models'))).not.toContain('retrain.lock');
  });

  it('runs again and again, tells each end as a line, and ends when it is told to', async () => {
    await trainGenerated();
    service.refusals.push(problem(500, { title: 'It broke' }));
    const args = ['retrain', '--every', '1s', '-m', at('models'), '--url', service.url, '--json'];
    const stopped = await stopWhen(heard(/nothing_new/), 'SIGTERM', args);
    const [first, second] = stopped.stdout.split('\n').map((line) => JSON.parse(line || '{}'));
    expect(first.error).toMatch(/500 It broke/);
    expect(second.outcome).toBe('nothing_new');
    expect([stopped.status, stopped.stderr]).toEqual([
      143,
      expect.stringContaining('stopped by SIGTERM'),
    ]);
    expect(await readdir(at('models'))).not.toContain('retrain.lock');
  });

  it.each([
    [['--every', '1w'], /wanted a duration such as 1d/],
    [['--every', '1d', '--once'], /cannot be used with option '--once'/],
    [['--since', '2026-02-30'], /wanted a day as 2026-03-01/],
    [['--gate', 'least_hours'], /wanted name=value with a value of JSON/],
    [['--gate', 'least_hours=-3'], /--gate.least_hours: got -3, wanted a number from 0 to 8760/],
    [['--gate', 'mood=1'], /--gate.*mood/],
    [[], /no current model/],
  ])('%j without a model is refused with exit status 2', async (flags, message) => {
    const { status, stderr } = await retrain(...flags);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
