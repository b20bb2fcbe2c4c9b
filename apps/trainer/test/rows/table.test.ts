import { writeFile } from 'node:fs/promises';
import type { Mapping } from '../../src/mapping/mapping.js';
import { groupEqualRows } from '../../src/rows/equal-rows.js';
import { prepareRows } from '../../src/rows/prepare.js';
import { openSource } from '../../src/source/source.js';
import {
  adsCsv as plain,
  adsMapping as mapping,
  read,
  readColumns,
  testFolder,
  withDatabase,
} from '../reading.js';

const at = testFolder();

describe('what a mapping makes of a table', () => {
  beforeEach(() => writeFile(at('ads.csv'), plain));
  const input = (): { input: string[] } => ({ input: [at('ads.csv')] });

  it('has derived columns, one from another, and only the rows that meet its conditions', async () => {
    const { table, counts } = await read(input(), {
      ...mapping,
      derived: { double: 'position * 2', shifted: '"double" + 1' },
      where: ['shown >= 100', "device = 'mobile'"],
      features: { shifted: { column: 'shifted', kind: 'integer' } },
    });
    expect([...table.features.values[0]]).toEqual([4]);
    expect(counts).toMatchObject({ rows: 3, left_out: 2, usable: 1, dirty: 0 });
  });

  it('takes the words of a categorical feature from the data, most impressions first', async () => {
    const open = {
      ...mapping,
      features: { device: { column: 'device', kind: 'categorical' } },
    } as const;
    const { table, mapping: full } = await read(input(), open);
    expect(full.features['device'].categories).toEqual(['mobile', 'desktop']);
    expect(table.features.schema.features[0]).toMatchObject({ categories: ['mobile', 'desktop'] });
    expect(table.features.schema.features[0].description).toContain('device');
  });

  it('puts words that are not listed into "other", if that is listed', async () => {
    const categories = ['desktop', 'other'];
    const features = { device: { column: 'device', kind: 'categorical', categories } } as const;
    expect((await readColumns(input(), { ...mapping, features })).device).toEqual([1, 0, 1]);
  });

  it('keeps the hundred words with the most impressions, and "other"', async () => {
    const rows = Array.from({ length: 150 }, (_, w) => `${1000 - w},1,1,w${w}`);
    await writeFile(at('ads.csv'), `shown,clicks,position,device\n${rows.join('\n')}\n`);
    const features = { device: { column: 'device', kind: 'categorical' } } as const;
    const { table, mapping: full } = await read(input(), { ...mapping, features });
    const words = full.features['device'].categories!;
    expect([words.length, words[0], words[99], words[100]]).toEqual([101, 'w0', 'w99', 'other']);
    expect([...table.features.values[0]].slice(98, 102)).toEqual([98, 99, 100, 100]);
  });

  it('keeps the rows in their order: there is no join in how they are read', async () => {
    const categories = Array.from({ length: 30 }, (_, w) => `w${w}`);
    const device = { column: 'device', kind: 'categorical', categories } as const;
    const other = { ...device, categories: [...categories, 'other'] };
    await withDatabase(async (database) => {
      const source = await openSource(database, { threads: 2, ...input() });
      const run = jest.spyOn(database, 'run');
      await prepareRows(database, source, { ...mapping, features: { device, other } });
      const [sql] = run.mock.calls.map(([text]) => text).filter((text) => /^CREATE/.test(text));
      const [{ explain_value: plan }] = await database.rows(`EXPLAIN ${sql}`);
      expect(plan).toContain('SEQ_SCAN');
      expect(plan).not.toContain('JOIN');
    });
  });

  it('is prepared again from the different rows of a click log, after all of them were', async () => {
    const device = { column: 'device', kind: 'categorical' } as const;
    const log: Mapping = { label: 'clicked', features: { device } };
    await withDatabase(async (database) => {
      const rows = `SELECT range % 2 AS clicked, 'w' || range % 3 AS device FROM range(6000)`;
      await database.run(`COPY (${rows}) TO '${at('log.parquet')}'`);
      const source = await openSource(database, { threads: 2, input: [at('log.parquet')] });
      await prepareRows(database, source, log);
      const different = await groupEqualRows(database, source, log);
      expect(different).toBeDefined();
      expect((await prepareRows(database, source, log, { different })).grouped).toBe(true);
      expect((await prepareRows(database, source, log)).grouped).toBe(false);
    });
  });

  it('has keys to split by: a time as seconds, a group as a number of its own', async () => {
    const csv =
      'shown,clicks,x,day,who\n10,1,1,2025-01-02,a\n10,1,2,2025-01-01,b\n10,1,3,2025-01-02 00:00:01,a\n';
    await writeFile(at('ads.csv'), csv);
    const features = { x: { column: 'x', kind: 'integer' } } as const;
    const { table } = await read(input(), { ...mapping, features, time: 'day', group: 'who' });
    const [first, second, third] = table.time!;
    expect([first - second, third - first]).toEqual([86_400, 1]);
    expect(table.group![0]).toBe(table.group![2]);
    expect(table.group![0]).not.toBe(table.group![1]);
  });

  it('has cells that are missing where the mapping allows them', async () => {
    await writeFile(at('ads.csv'), `${plain}40,1,,--\n`);
    const { position, device } = mapping.features;
    const features = {
      position: { ...position, missing: true },
      device: { ...device, missing: true },
    };
    const columns = await readColumns(input(), { ...mapping, features });
    expect([columns.position[3], columns.device[3]]).toEqual([NaN, NaN]);
  });
});

describe('rows that break a rule', () => {
  const dirty = `${plain}0,0,1,mobile\n10,11,1,mobile\n10,1,lots,mobile\n10,1\n10,1,1,fridge\n"ten\n",1,1,mobile\n`;
  beforeEach(() => writeFile(at('ads.csv'), dirty));

  it('are refused by line, column, value and what is wanted', async () => {
    const reading = read({ input: [at('ads.csv')] }, mapping);
    await expect(reading).rejects.toThrow(/6 rows cannot be used/);
    for (const message of [
      'line 5, column shown: got "0", wanted a whole number ≥ 1',
      'line 6, column clicks: got "11", wanted a whole number from 0 to the row\'s shown, 10',
      'line 7, column position: got "lots", wanted a number',
      'line 8, column (the line): got "10,1", wanted 4 fields',
      'line 9, column device: got "fridge", wanted one of mobile, desktop',
      'line 10, column shown: got "ten\n", wanted a whole number ≥ 1',
      'dirty: drop',
    ]) {
      await expect(read({ input: [at('ads.csv')] }, mapping)).rejects.toThrow(message);
    }
  });

  it('are counted by reason and left out where the mapping drops them', async () => {
    const { table, counts } = await read({ input: [at('ads.csv')] }, { ...mapping, dirty: 'drop' });
    expect([...table.impressions]).toEqual([1000, 200, 30]);
    expect(counts).toMatchObject({ rows: 9, usable: 3, dirty: 6 });
    expect(Object.fromEntries(counts.reasons.map(({ reason, rows }) => [reason, rows]))).toEqual({
      'shown is 0': 1,
      'shown is not a whole number': 1,
      'more clicks than shown': 1,
      'position is not a number': 1,
      'device is not a listed word': 1,
      '2 fields, wanted 4': 1,
    });
  });

  it('of Parquet are told by row, and of several files by file', async () => {
    await withDatabase((database) =>
      database.run(
        `COPY (SELECT 5 - range AS shown, range AS clicks, 1 AS position, 'mobile' AS device FROM range(4)) TO '${at('a.parquet')}'`,
      ),
    );
    await expect(read({ input: [at('a.parquet')] }, mapping)).rejects.toThrow(
      /row 4, column clicks: got "3", .*, 2/,
    );
    await writeFile(at('b.csv'), plain.replace('200,2', '200,x'));
    await expect(read({ input: [at('b.csv'), at('ads.csv')] }, mapping)).rejects.toThrow(
      /b\.csv: line 3, column clicks: got "x"/,
    );
  });

  it('of NDJSON that is no JSON are told by line', async () => {
    const good = '{"shown": 10, "clicks": 1, "position": 2, "device": "mobile"}\n';
    await writeFile(at('ads.ndjson'), `${good}\n{"shown": 10,\n${good}`);
    await expect(read({ input: [at('ads.ndjson')] }, mapping)).rejects.toThrow(
      /1 row cannot be used.*\n.*line 3, column shown/,
    );
  });
});

describe('a mapping is refused', () => {
  beforeEach(() => writeFile(at('ads.csv'), plain));
  const reading = (changes: Partial<Mapping>): Promise<unknown> =>
    read({ input: [at('ads.csv')] }, { ...mapping, ...changes });

  it.each<[string, Partial<Mapping>, RegExp]>([
    [
      'for a column that is not there',
      { clicks: 'klicks' },
      /line 1: column klicks is missing; got shown, clicks/,
    ],
    [
      'for SQL that does not work',
      { where: ['shown >> 1'] },
      /where\.0: got "shown >> 1": .* Error/,
    ],
    ['for an unknown column in SQL', { derived: { a: 'shwn + 1' } }, /derived\.a: .*shwn/],
    ['for a second statement', { where: ['1); DROP TABLE prepared; SELECT (1'] }, /where\.0/],
    [
      'for a derived column that hides one',
      { derived: { shown: '1' } },
      /derived\.shown: the data has/,
    ],
    [
      'for conditions that no row meets',
      { where: ['shown > 5000'] },
      /no rows to learn from: 3 left out by conditions/,
    ],
  ])('%s', async (_, changes, message) => {
    await expect(reading(changes)).rejects.toThrow(message);
  });
});
