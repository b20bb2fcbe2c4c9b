import { writeFile } from 'node:fs/promises';
import { fitInput, type CtrTable } from '@adscale/ctr';
import { columnsFrom, fit, Random, type FitInput, type Forest, type Schema } from '@adscale/forest';
import type { Mapping } from '../../src/mapping/mapping.js';
import { read, testFolder, withDatabase } from '../reading.js';

const at = testFolder();

const mapping: Mapping = {
  label: 'clicked',
  features: {
    position: { column: 'position', kind: 'integer' },
    device: { column: 'device', kind: 'categorical', categories: ['mobile', 'desktop'] },
    bid: { column: 'bid', kind: 'numeric', missing: true },
  },
};

interface Impression {
  readonly position: number;
  readonly device: string;
  readonly bid: number;
  readonly clicked: number;
}

/** Impressions whose chance of a click falls with the position and rises with the bid. */
function impressions(rows: number): Impression[] {
  const random = new Random(5, 0);
  return Array.from({ length: rows }, () => {
    const position = 1 + random.below(5);
    const device = ['mobile', 'desktop'][random.below(2)];
    const bid = random.below(20) === 0 ? NaN : random.below(40) / 8;
    const chance = (device === 'mobile' ? 0.5 : 0.3) / position + (bid > 2 ? 0.1 : 0);
    return { position, device, bid, clicked: +(random.below(1000) < 1000 * chance) };
  });
}

async function readLog(log: readonly Impression[], maxBins = 64): Promise<CtrTable> {
  const lines = log.map(({ position, device, bid, clicked }) =>
    [position, device, Number.isNaN(bid) ? '' : bid, clicked].join(','),
  );
  await writeFile(at('log.csv'), `position,device,bid,clicked\n${lines.join('\n')}\n`);
  return (await read({ input: [at('log.csv')] }, mapping, maxBins)).table;
}

/** Writes the log that was read last as Parquet. @param select SQL of its columns */
function toParquet(select: string, name: string): Promise<void> {
  return withDatabase((database) =>
    database.run(`COPY (${select} FROM read_csv('${at('log.csv')}')) TO '${at(name)}'`),
  );
}

/** The log as it is: a row an impression, weight 1. */
function rawInput(log: readonly Impression[], { features }: CtrTable): FitInput {
  const column = (name: keyof Impression): (string | number)[] => log.map((row) => row[name]);
  const columns = columnsFrom(features.schema as Schema, {
    position: column('position') as number[],
    device: column('device') as string[],
    bid: column('bid') as number[],
  });
  const target = Float64Array.from(log, ({ clicked }) => clicked);
  return { columns, target, weight: new Float64Array(log.length).fill(1) };
}

function predictAll(forest: Forest, { columns }: FitInput): number[] {
  const row = new Float64Array(columns.values.length);
  return Array.from({ length: columns.rows }, (_, i) => {
    columns.values.forEach((values, f) => (row[f] = values[i]));
    return forest.predict(row);
  });
}

describe('a click log', () => {
  it('is read as its distinct cells with their impressions and clicks', async () => {
    const log = impressions(4000);
    const table = await readLog(log);
    const cells = new Set(log.map((row) => `${row.position} ${row.device} ${row.bid}`));
    expect(table.grouped).toBe(true);
    expect(table.features.rows).toBe(cells.size);
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    expect(sum(table.impressions)).toBe(4000);
    expect(sum(table.clicks)).toBe(log.filter(({ clicked }) => clicked === 1).length);
  });

  it('is the same table in whatever order its impressions come', async () => {
    const log = impressions(500);
    const { features, ...counts } = await readLog(log);
    const back = await readLog([...log].reverse());
    expect(back).toEqual({ features, ...counts });
  });

  it('without bootstrap gives the forest of its rows, to the last bit', async () => {
    const log = impressions(4000);
    const table = await readLog(log);
    const raw = rawInput(log, table);
    const options = { trees: 3, bootstrap: false, minLeafRows: 20, maxFeatures: 2, maxBins: 64 };
    const grouped = fit(fitInput(table), options).forest;
    const plain = fit(raw, options).forest;
    expect(predictAll(grouped, raw)).toEqual(predictAll(plain, raw));
    expect(grouped.trees).toEqual(plain.trees);
  });

  it('with more values than bins gives the forest of its rows rounded to their bins', async () => {
    const log = impressions(4000);
    const table = await readLog(log, 7);
    const raw = rawInput(log, table);
    const members = [...new Set(table.features.values[2])].filter((member) => member === member);
    expect(members.length).toBeLessThanOrEqual(7);
    const nearest = (bid: number): number =>
      members.reduce((best, member) => {
        const [near, far] = [Math.abs(bid - member), Math.abs(bid - best)];
        return near < far || (near === far && member < best) ? member : best;
      });
    const rounded = log.map((row) =>
      Number.isNaN(row.bid) ? row : { ...row, bid: nearest(row.bid) },
    );
    const options = { trees: 3, bootstrap: false, minLeafRows: 20, maxBins: 7 };
    const grouped = fit(fitInput(table), options).forest;
    const plain = fit(rawInput(rounded, table), options).forest;
    // The raw rows themselves: they are served from the bins that they were learned in.
    expect(predictAll(grouped, raw)).toEqual(predictAll(plain, rawInput(rounded, table)));
  });

  it('with bootstrap gives forests like those of its rows', async () => {
    const log = impressions(2000);
    const table = await readLog(log);
    const raw = rawInput(log, table);
    const options = { trees: 400, minLeafRows: 50, maxBins: 64, outOfBag: false } as const;
    const grouped = predictAll(fit(fitInput(table), { ...options, seed: 1 }).forest, raw);
    const [one, other] = [2, 3].map((seed) =>
      predictAll(fit(raw, { ...options, seed }).forest, raw),
    );
    const distance = (a: number[], b: number[]): number =>
      Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0) / a.length);
    const mean = (values: number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
    // As near to the forest of the rows as that is to itself under another seed.
    expect(distance(grouped, one)).toBeLessThan(1.3 * distance(one, other));
    expect(Math.abs(mean(grouped) - mean(one))).toBeLessThan(0.002);
  });

  it('is the same table from Parquet, where equal rows are put together first', async () => {
    const log = impressions(4000);
    const fromText = await readLog(log);
    await toParquet('SELECT * REPLACE (clicked = 1 AS clicked)', 'log.parquet');
    const { table } = await read({ input: [at('log.parquet')] }, mapping);
    expect(table).toEqual(fromText);
    const truth = { ...mapping, true_ctr: 'chance', time: 'position' };
    await toParquet("SELECT *, 1 / position AS chance, 'x' AS unused", 'log.parquet');
    const keyed = (await read({ input: [at('log.parquet')] }, truth)).table;
    keyed.time!.forEach((position, i) => expect(keyed.trueCtr![i]).toBeCloseTo(1 / position, 12));
  });

  it('tells dirty rows of Parquet by file and row, though equal ones were put together', async () => {
    await readLog(impressions(1000));
    await toParquet('SELECT *', 'a.parquet');
    const unlisted = "CASE WHEN row_number() OVER () IN (7, 9) THEN 'watch' ELSE device END";
    await toParquet(`SELECT * REPLACE (${unlisted} AS device)`, 'b.parquet');
    const input = [at('a.parquet'), at('b.parquet')];
    await expect(read({ input }, mapping)).rejects.toThrow(
      /2 rows cannot be used: 2 device is not a listed word\n.*b\.parquet: row 7, column device: got "watch"/,
    );
    const { counts, table } = await read({ input }, { ...mapping, dirty: 'drop' });
    expect(counts).toMatchObject({ rows: 2000, usable: 1998, dirty: 2 });
    expect(table.impressions.reduce((sum, value) => sum + value)).toBe(1998);
  });

  it('is read row by row where most rows differ, or where the mapping asks by SQL', async () => {
    const log = impressions(2000);
    const fromText = await readLog(log);
    await toParquet('SELECT *, row_number() OVER () AS place', 'log.parquet');
    const input = [at('log.parquet')];
    const { table } = await read({ input }, { ...mapping, where: ['place > 0'] });
    expect(table).toEqual(fromText);
    const features = { ...mapping.features, place: { column: 'place', kind: 'integer' } } as const;
    const each = (await read({ input }, { ...mapping, features }, 4)).table;
    expect(each.impressions.reduce((sum, value) => sum + value)).toBe(2000);
  });
});
