import { utimes, writeFile } from 'node:fs/promises';
import type { Mapping } from '../../src/mapping/mapping.js';
import type { ReadTable } from '../../src/rows/table.js';
import { tellRestated } from '../../src/rows/restated.js';
import { read, testFolder } from '../reading.js';

const at = testFolder();

const mapping: Mapping = {
  ...{ impressions: 'Impr.', clicks: 'Clicks', time: 'Day' },
  features: { campaign: { column: 'Campaign', kind: 'categorical' } },
};

const header = 'Day,Campaign,Cost,Impr.,Clicks';

/** Days of September for two campaigns; `grow` times the counts, more for days from `young` on. */
function days(from: number, to: number, grow = 1, young = 99, more = 1): string[] {
  const lines: string[] = [];
  for (let day = from; day <= to; day++) {
    for (const [c, campaign] of ['Reef', 'Dune'].entries()) {
      const factor = grow * (day >= young ? more : 1);
      const impressions = Math.round(factor * (1000 + 100 * c + day));
      const clicks = Math.round(factor * (100 + 20 * c + day));
      lines.push(
        `2026-09-${String(day).padStart(2, '0')},${campaign},${factor},${impressions},${clicks}`,
      );
    }
  }
  return lines;
}

async function write(name: string, lines: readonly string[], written?: number): Promise<string> {
  await writeFile(at(name), `${[header, ...lines].join('\n')}\n`);
  if (written !== undefined) await utimes(at(name), written, written);
  return at(name);
}

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
const clicksOf = (lines: readonly string[]): number =>
  lines.reduce((total, line) => total + Number(line.split(',')[4]), 0);

async function expectNewest(
  table: Promise<ReadTable>,
  lines: readonly string[],
): Promise<ReadTable> {
  const found = await table;
  expect(found.table.features.rows).toBe(lines.length);
  expect(sum(found.table.clicks)).toBe(clicksOf(lines));
  return found;
}

describe('days that two exports tell of', () => {
  it('count as the newest file has them, whatever the order of the files', async () => {
    const old = await write('b.csv', days(1, 6));
    const late = await write('a.csv', days(4, 9, 1.1));
    const wanted = [...days(1, 3), ...days(4, 9, 1.1)];
    for (const input of [
      [old, late],
      [late, old],
    ]) {
      const { restated } = await expectNewest(read({ input }, mapping), wanted);
      expect(restated).toMatchObject({ older: 6, copies: 0, treated: 'newest', newest: late });
      const { before, after } = restated!.clicks;
      expect(after / before).toBeCloseTo(1.1, 1);
      expect(tellRestated(restated!)).toMatch(
        /6 rows are an older telling .* clicks by \+10\.\d %/,
      );
    }
  });

  it('count once although a setting or a status is another by then', async () => {
    const set = (lines: readonly string[], budget: number, status: string): string[] =>
      lines.map((line) => `${line},${budget},${status}`);
    const write = async (name: string, lines: readonly string[]): Promise<string> => {
      await writeFile(at(name), `${[`${header},Budget,Status`, ...lines].join('\n')}\n`);
      return at(name);
    };
    const input = [
      await write('a.csv', set(days(1, 6), 50, 'enabled')),
      await write('b.csv', set(days(4, 9, 1.1), 60, 'paused')),
    ];
    const { restated } = await expectNewest(read({ input }, mapping), [
      ...days(1, 3),
      ...days(4, 9, 1.1),
    ]);
    expect(restated).toMatchObject({ older: 6 });
  });

  it('count as the file has them that was written last, where both reach as far', async () => {
    const late = await write('a.csv', days(1, 6, 1.2), 2_000_000_000);
    const old = await write('b.csv', days(1, 6), 1_900_000_000);
    await expectNewest(read({ input: [late, old] }, mapping), days(1, 6, 1.2));
  });

  it('are refused or kept where that is wished', async () => {
    const input = [await write('a.csv', days(1, 4)), await write('b.csv', days(3, 6, 1.1))];
    await expect(read({ input }, { ...mapping, restated: 'refuse' })).rejects.toThrow(
      /4 rows are an older telling of others and found.*--restated newest.*--restated keep/s,
    );
    const { table, restated } = await read({ input }, { ...mapping, restated: 'keep' });
    expect(table.features.rows).toBe(16);
    expect(restated).toMatchObject({ treated: 'keep', older: 4 });
  });

  it('name the youngest of them immature, which moved most, and leave them out on demand', async () => {
    const old = days(1, 10);
    const input = [await write('a.csv', old), await write('b.csv', days(1, 14, 1, 9, 1.4))];
    const { restated } = await read({ input }, mapping);
    expect(restated!.immature).toMatchObject({ days: 2 });
    expect(restated!.immature!.moved).toBeGreaterThan(0.3);
    expect(tellRestated(restated!)).toMatch(/youngest 2 days are immature.*--mature 2d/);
    const { counts, table } = await read({ input }, { ...mapping, mature_days: 3 });
    expect([table.features.rows, counts.left_out]).toEqual([22, 6]);
  });
});

describe('rows of one file that have the day and words of another', () => {
  it('correct it if they were appended and have grown a little', async () => {
    const input = [await write('a.csv', [...days(1, 6), ...days(4, 9, 1.05)])];
    const wanted = [...days(1, 3), ...days(4, 9, 1.05)];
    const { restated } = await expectNewest(read({ input }, mapping), wanted);
    expect(restated).toMatchObject({ older: 6, alike: 0 });
  });

  it('are copies if they are equal', async () => {
    const input = [await write('a.csv', [...days(1, 6), ...days(2, 3)])];
    const { restated } = await expectNewest(read({ input }, mapping), days(1, 6));
    expect(restated).toMatchObject({ older: 4, copies: 4 });
    expect(tellRestated(restated!)).toBe('4 rows are copies of others and left out');
  });

  it('are rows of their own if a column that tells them apart is missing', async () => {
    const devices = days(1, 6).flatMap((line, i) => {
      const [day, campaign, cost, shown, clicks] = line.split(',');
      const other = [
        day,
        campaign,
        cost,
        String(Math.round(Number(shown) * (i % 2 ? 4 : 0.2))),
        clicks,
      ];
      return [line, other.join(',')];
    });
    const input = [await write('a.csv', devices)];
    const { table, restated } = await read({ input }, mapping);
    expect(table.features.rows).toBe(24);
    expect(restated).toMatchObject({ older: 0, alike: 12 });
    expect(tellRestated(restated!)).toMatch(/12 rows have the day and words of another/);
    const told = await read({ input }, { ...mapping, restated: 'newest' });
    expect(told.table.features.rows).toBe(12);
  });

  it('are told apart by what was set, and not by what was counted', async () => {
    const lines = days(1, 6).flatMap((line) => [`${line},5`, `${line},9`]);
    await writeFile(at('a.csv'), `${header},Max. CPC\n${lines.join('\n')}\n`);
    const { table, restated } = await read({ input: [at('a.csv')] }, mapping);
    expect([table.features.rows, restated]).toEqual([24, undefined]);
  });

  it('are nothing to worry about in a click log, or without a date', async () => {
    const input = [await write('a.csv', [...days(1, 2), ...days(1, 2)])];
    const { time: _, ...undated } = mapping;
    expect((await read({ input }, undated)).table.features.rows).toBe(8);
  });
});
