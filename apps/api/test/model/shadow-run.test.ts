import { CtrModel, defaultSchema, roundCtr } from '@adscale/ctr';
import { ServiceStats } from '@adscale/stats';
import { RowShare } from '../../src/model/share.js';
import { ShadowRun } from '../../src/model/shadow-run.js';
import { trainModel } from '../trained-models.js';

const reversed = { features: defaultSchema.features.toReversed() };
const all = new RowShare(defaultSchema, 'x', 100);

let shadow: CtrModel;
let stats: ServiceStats;
let scheduled: (() => void)[];

beforeAll(async () => {
  const { bytes } = await trainModel(reversed);
  shadow = CtrModel.load(bytes, undefined, 'shadow');
});
beforeEach(() => {
  stats = new ServiceStats();
  scheduled = [];
});

function runOf(share = all, capacity = 8) {
  const schedule = (work: () => void) => void scheduled.push(work);
  return new ShadowRun({ schema: defaultSchema, share }, shadow, stats, { schedule, capacity });
}

/** What happens after the requests at hand are answered, until nothing is left to do. */
function afterwards() {
  for (let work = scheduled.shift(); work !== undefined; work = scheduled.shift()) work();
}

const rowOf = (budget: number) => Float64Array.of(5000, 1, 0, budget);
const figures = () => stats.snapshot().models.find(({ version }) => version === 'shadow')!.shadow;
const dropped = () => stats.counter('shadow_dropped').value;

describe('a shadow', () => {
  it('predicts after the answer, not before, what its model says of the same record', () => {
    const run = runOf();
    const row = rowOf(2500);
    const said = shadow.predictRow(row.toReversed());
    expect(said).not.toBe(shadow.predictRow(row));
    run.offer(row, 0.0123);
    row.fill(1);
    expect(figures().predictions).toBe(0);
    afterwards();
    const tenThousandths = Math.round(roundCtr(said) * 10_000);
    expect(figures()).toMatchObject({
      predictions: 1,
      ctrTenThousandths: tenThousandths,
      aboveTenThousandths: Math.max(0, tenThousandths - 123),
      belowTenThousandths: Math.max(0, 123 - tenThousandths),
    });
  });

  it('drops and counts what comes while too much waits, and goes on after that', () => {
    const run = runOf(all, 8);
    for (let i = 0; i < 11; i++) run.offer(rowOf(i + 1), 0.01);
    expect(dropped()).toBe(3);
    expect(scheduled).toHaveLength(1);
    afterwards();
    expect(figures().predictions).toBe(8);
    // Round the end of the ring and over.
    for (let i = 0; i < 6; i++) run.offer(rowOf(i + 1), 0.01);
    afterwards();
    expect(figures().predictions).toBe(14);
    expect(dropped()).toBe(3);
  });

  it('compares each answer with its own record, in whatever order they wait', () => {
    const run = runOf(all, 4);
    let expected = 0;
    for (let i = 0; i < 30; i++) {
      const row = rowOf(1 + 317 * i);
      expected += Math.round(roundCtr(shadow.predictRow(row.toReversed())) * 10_000);
      run.offer(row, roundCtr(shadow.predictRow(row.toReversed())));
      if (i % 3 === 2) afterwards();
    }
    expect(figures()).toMatchObject({
      predictions: 30,
      ctrTenThousandths: expected,
      aboveTenThousandths: 0,
      belowTenThousandths: 0,
    });
  });

  it('takes the event loop a slice at a time', () => {
    const run = runOf(all, 1024);
    for (let i = 0; i < 1024; i++) run.offer(rowOf(i + 1), 0.01);
    const clock = jest.spyOn(performance, 'now');
    let now = 0;
    clock.mockImplementation(() => (now += 0.1));
    let slices = 0;
    for (let work = scheduled.shift(); work !== undefined; work = scheduled.shift()) {
      work();
      slices++;
    }
    clock.mockRestore();
    expect(slices).toBeGreaterThan(50);
    expect(figures().predictions).toBe(1024);
  });

  it('sees its share of the rows only', () => {
    const share = new RowShare(defaultSchema, 'x', 25);
    const run = runOf(share, 1024);
    const rows = Array.from({ length: 1000 }, (_, i) => rowOf(i + 1));
    for (const row of rows) run.offer(row, 0.01);
    afterwards();
    expect(figures().predictions).toBe(rows.filter((row) => share.takes(row)).length);
  });
});
