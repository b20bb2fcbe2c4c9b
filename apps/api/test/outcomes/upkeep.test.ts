import type { Logger } from 'pino';
import { type PackedOutcomes, type ToldOutcome, pack } from '../../src/outcomes/packed.js';
import { Upkeep } from '../../src/outcomes/upkeep.js';
import { FATES } from '../../src/outcomes/write.js';
import { openStore } from '../../src/storage/open.js';
import type { ServiceStore } from '../../src/storage/queries.js';
import { describeEngines } from '../store/engines.js';

const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T06:00:00Z');
const day = (number: number) => new Date(START + number * DAY_MS).toISOString().slice(0, 10);

const logged: object[] = [];
const note = (facts: object) => void logged.push(facts);
const logger = { info: () => {}, warn: note, error: note } as unknown as Logger;

let store: ServiceStore;
let upkeep: Upkeep;
/** Days since the first of March. */
let today = 0;
const now = () => START + today * DAY_MS;

interface Told {
  readonly key: string;
  readonly day: number;
  readonly clicks?: number;
  readonly cell?: string;
  readonly spend?: number | null;
}

async function tell(...outcomes: readonly Told[]): Promise<string[]> {
  const packed: PackedOutcomes = [];
  for (const { key, day: number, clicks = 1, cell = '{"a":1}', spend = null } of outcomes) {
    const told: ToldOutcome = {
      ...{ key, kind: 'record', segment: '', day: day(number), model: 'm', cell, unseen: '' },
      ...{ campaign: '', placement: '', arm: '', impressions: 10, clicks, ctr: 0.25, spend },
      ...{ until: now(), content: `${clicks}` },
    };
    pack(told, packed);
  }
  const fates = await store.run('writeOutcomes', { packed, at: now() });
  return Array.from(fates, (fate) => FATES[fate]);
}

const cells = async () => {
  const wanted = { from: day(-100), to: day(100), limit: 1000 };
  const { cells } = await store.run('countedCells', wanted);
  return cells.map(({ day, cell, rows, impressions, clicks, predicted, spend }) => ({
    ...{ day, cell, rows, impressions, clicks, predicted, spend },
  }));
};

const counts = () => store.run('outcomeSummary', undefined);

describeEngines('upkeep', (engine) => {
  beforeEach(async () => {
    today = 0;
    store = openStore(engine.newUrl(), logger);
    upkeep = new Upkeep(store, { matureDays: 3, retentionDays: 30, now }, logger);
    await counts();
  });
  afterEach(async () => {
    await upkeep.stop();
    await store.close();
    expect(logged).toEqual([]);
  });

  it('sums the outcomes of a day once nothing came for it for some days, and changes no sum', async () => {
    await tell(
      { key: 'a', day: 0 },
      { key: 'b', day: 0, spend: 2 },
      { key: 'c', day: 0, cell: '{}' },
    );
    const before = await cells();
    today = 3;
    await tell({ key: 'd', day: 3 });
    await upkeep.run();
    expect(await counts()).toMatchObject({ open: 4, closed: 0 });
    today = 4;
    await upkeep.run();
    expect(await counts()).toMatchObject({ open: 1, closed: 3, cells: 2 });
    expect((await cells()).filter(({ day: of }) => of === day(0))).toEqual(before);
  });

  it('keeps a day open while outcomes of it come', async () => {
    await tell({ key: 'a', day: 0 });
    for (today = 2; today < 12; today += 2) {
      expect(await tell({ key: `late ${today}`, day: 0 })).toEqual(['new']);
      await upkeep.run();
    }
    expect(await counts()).toMatchObject({ closed: 0, open: 6 });
  });

  it('refuses what comes for a day that is closed, new or newer', async () => {
    await tell({ key: 'a', day: 0 });
    today = 10;
    await upkeep.run();
    expect(
      await tell({ key: 'a', day: 0, clicks: 5 }, { key: 'b', day: 0 }, { key: 'c', day: 9 }),
    ).toEqual(['closed', 'closed', 'new']);
    expect(await cells()).toMatchObject([{ rows: 1, clicks: 1 }, { rows: 1 }]);
  });

  it('takes old days that it never heard of, and closes them in their turn', async () => {
    today = 20;
    expect(await tell({ key: 'a', day: 0 })).toEqual(['new']);
    await upkeep.run();
    expect(await tell({ key: 'a', day: 0, clicks: 2 })).toEqual(['restated']);
    today = 23;
    await upkeep.run();
    expect(await counts()).toMatchObject({ open: 0, closed: 1, clicks: 2 });
  });

  it('sums more than one transaction holds, also if it is broken off in between', async () => {
    const many = Array.from({ length: 2500 }, (_, i) => ({
      key: `${i}`,
      day: 0,
      cell: `{"a":${i % 70}}`,
    }));
    await tell(...many);
    const before = await cells();
    today = 9;
    const once = { before: day(6), quietSince: now() - 3 * DAY_MS, forget: day(-30), limit: 600 };
    expect(await store.run('compactDays', once)).toBe(true);
    expect(await counts()).toMatchObject({ open: 1900, closed: 600 });
    expect(await cells()).toEqual(before);
    await upkeep.run();
    expect(await counts()).toMatchObject({ open: 0, closed: 2500, cells: 70 });
    expect(await cells()).toEqual(before);
  });

  it('forgets what is too old, counts of growth and all', async () => {
    await tell({ key: 'a', day: 0 });
    today = 20;
    await tell({ key: 'b', day: 19 });
    await upkeep.run();
    today = 31;
    await upkeep.run();
    expect(await cells()).toMatchObject([{ day: day(19) }]);
    expect(await store.run('growthRows', { now: Date.parse(day(31)) })).toMatchObject([
      { day: day(19) },
    ]);
  });
});
