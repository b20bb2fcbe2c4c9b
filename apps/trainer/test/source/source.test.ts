import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Mapping } from '../../src/mapping/mapping.js';
import { Database } from '../../src/source/database.js';
import { openSource } from '../../src/source/source.js';
import { read, testFolder, withDatabase } from '../reading.js';

const at = testFolder();

const mapping: Mapping = {
  impressions: 'shown',
  clicks: 'clicks',
  features: {
    position: { column: 'position', kind: 'numeric' },
    device: { column: 'device', kind: 'categorical', categories: ['mobile', 'desktop'] },
  },
};

/** The columns of what was read, by name. */
async function readColumns(
  flags: Parameters<typeof read>[0],
  map = mapping,
): Promise<Record<string, number[]>> {
  const { table } = await read(flags, map);
  const { features, impressions, clicks } = table;
  const named = features.schema.features.map(({ name }, f) => [name, [...features.values[f]]]);
  return { ...Object.fromEntries(named), shown: [...impressions], clicks: [...clicks] };
}

const expected = {
  position: [1.5, 2, 3],
  device: [0, 1, 0],
  shown: [1000, 200, 30],
  clicks: [10, 2, 0],
};

const copyTo = (path: string, options: string): Promise<void> =>
  withDatabase((database) =>
    database.run(`COPY (
      SELECT * FROM (VALUES (1000, 10, 1.5, 'mobile'), (200, 2, 2.0, 'desktop'), (30, 0, 3.0, 'mobile'))
        AS rows(shown, clicks, position, device)) TO '${path}' ${options}`),
  );

const plain = 'shown,clicks,position,device\n1000,10,1.5,mobile\n200,2,2,desktop\n30,0,3,mobile\n';

describe('the same table', () => {
  it.each([
    ['plain', plain],
    ['with a byte order mark', `\ufeff${plain}`],
    ['with semicolons and blanks', plain.replaceAll(',', ' ; ')],
    ['with tabs and carriage returns', plain.replaceAll(',', '\t').replaceAll('\n', '\r\n')],
    [
      'with quotes and thousands marks',
      'shown,clicks,position,device\n"1,000",10,1.5,"mobile"\n200,2,2,"desktop"\n30,0,3,"mobile"\n',
    ],
    [
      'with other columns between',
      'x,shown,clicks,"a ""b""",position,device\nq,1000,10,"1,\n2",1.5,mobile\nq,200,2,z,2,desktop\nq,30,0,z,3,mobile\n',
    ],
    ['below a title', `Campaign report\n"1 May 2025 - 31 May 2025"\n${plain}`],
  ])('is read from CSV %s', async (_, csv) => {
    await writeFile(at('ads.csv'), csv);
    expect(await readColumns({ input: [at('ads.csv')] })).toEqual(expected);
  });

  it('is read from a packed file, from NDJSON and from Parquet', async () => {
    await writeFile(at('ads.csv.gz'), gzipSync(plain));
    await copyTo(at('ads.ndjson'), '(FORMAT json)');
    await copyTo(at('ads.parquet'), '(FORMAT parquet)');
    for (const name of ['ads.csv.gz', 'ads.ndjson', 'ads.parquet']) {
      expect(await readColumns({ input: [at(name)] })).toEqual(expected);
    }
  });

  it('is read from a glob of files, columns by name, in alphabetical order', async () => {
    await writeFile(at('b.csv'), 'device,position,clicks,shown\ndesktop,2,2,200\nmobile,3,0,30\n');
    await writeFile(at('a.csv'), 'shown,clicks,position,device\n1000,10,1.5,mobile\n');
    expect(await readColumns({ input: [at('*.csv')] })).toEqual(expected);
  });

  it('is read by a query over files, and from a DuckDB database', async () => {
    await copyTo(at('ads.parquet'), '(FORMAT parquet)');
    const query = `SELECT * FROM '${at('ads.parquet')}';`;
    expect(await readColumns({ query })).toEqual(expected);
    await withDatabase((database) =>
      database.run(
        `ATTACH '${at('ads.duckdb')}' AS made; CREATE TABLE made.ads AS ${query} DETACH made`,
      ),
    );
    expect(await readColumns({ input: [at('ads.duckdb')] })).toEqual(expected);
    const rows = { input: [at('ads.duckdb')], query: 'FROM ads WHERE shown > 100' };
    expect((await readColumns(rows)).shown).toEqual([1000, 200]);
  });

  it('is read in Latin-1 and UTF-16, found out or told', async () => {
    const german: Mapping = {
      impressions: 'Größe',
      clicks: 'Klicks',
      features: { farbe: { column: 'Farbe', kind: 'categorical', categories: ['grün', 'rot'] } },
    };
    const csv = 'Größe;Klicks;Farbe\n10;1;rot\n20;2;grün\n';
    await writeFile(at('latin.csv'), Buffer.from(csv, 'latin1'));
    await writeFile(at('wide.csv'), Buffer.from(`\ufeff${csv}`, 'utf16le'));
    const colours = { farbe: [1, 0], shown: [10, 20], clicks: [1, 2] };
    expect(await readColumns({ input: [at('latin.csv')] }, german)).toEqual(colours);
    expect(await readColumns({ input: [at('wide.csv')] }, german)).toEqual(colours);
    const told = { input: [at('latin.csv')], encoding: 'latin-1' as const };
    expect(await readColumns(told, german)).toEqual(colours);
  });
});

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
      'wrong number of fields': 1,
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
      /no rows to learn from: 3 left out by where/,
    ],
  ])('%s', async (_, changes, message) => {
    await expect(reading(changes)).rejects.toThrow(message);
  });
});

describe('a database', () => {
  it('reads names with anything in them', async () => {
    const odd = `a "b"; DROP TABLE x; --'`;
    await writeFile(at('ads.csv'), `"${odd.replaceAll('"', '""')}",clicks\n10,1\n20,2\n`);
    const features = { odd: { column: odd, kind: 'integer' } } as const;
    const { table } = await read(
      { input: [at('ads.csv')] },
      { impressions: odd, clicks: 'clicks', features },
    );
    expect([...table.features.values[0]]).toEqual([10, 20]);
  });

  it('once confined, reads no file but those it was opened for, and takes no setting', async () => {
    await writeFile(at('ads.csv'), plain);
    await writeFile(at('secret.csv'), plain);
    await withDatabase(async (database) => {
      const source = await openSource(database, { threads: 1, input: [at('ads.csv')] });
      await database.confine([at('ads.csv')]);
      expect(await database.rows(`SELECT shown FROM (${source.query})`)).toHaveLength(3);
      await expect(database.rows(`FROM '${at('secret.csv')}'`)).rejects.toThrow(/Permission/);
      await expect(database.run('SET enable_external_access = true')).rejects.toThrow();
    });
  });

  it('sorts more than its memory holds', async () => {
    const rows = 400_000;
    await Database.use(
      { threads: 1, memoryLimit: '64MB' },
      new AbortController().signal,
      async (database) => {
        await database.run(`
          CREATE TABLE sorted AS SELECT (hash(range) >> 12)::DOUBLE AS h, repeat(hash(range)::VARCHAR, 12) AS t
          FROM range(${rows}) ORDER BY h`);
        const { bytes } = await database.row('SELECT sum(strlen(t))::DOUBLE AS bytes FROM sorted');
        expect(Number(bytes)).toBeGreaterThan(80e6);
        const [h] = await database.doubles('SELECT h FROM sorted', rows);
        expect(h.every((value, i) => i === 0 || value >= h[i - 1])).toBe(true);
      },
    );
  });

  it('stops at once when interrupted', async () => {
    const interrupt = new AbortController();
    const endless = 'SELECT count(*) FROM range(100000000000) a, range(1000) b';
    const counting = Database.use({ threads: 1 }, interrupt.signal, (database) => {
      const counted = database.row(endless);
      // Before the statement has begun, too: the first interrupt comes too early for it.
      interrupt.abort();
      return counted;
    });
    await expect(counting).rejects.toThrow(/abort/i);
  });

  it('refuses a limit that is no size, a file that is not there, a glob that nothing fits', async () => {
    const signal = new AbortController().signal;
    const opening = Database.use({ threads: 1, memoryLimit: 'lots' }, signal, async () => {});
    await expect(opening).rejects.toThrow(/--memory-limit: got "lots", wanted a size such as 2GB/);
    await expect(read({ input: [at('no.csv')] }, mapping)).rejects.toThrow(
      /no\.csv: there is no such/,
    );
    await expect(read({ input: [at('*.csv')] }, mapping)).rejects.toThrow(/no file fits/);
    await expect(read({ query: 'DROP TABLE x' }, mapping)).rejects.toThrow(
      /--query: .*wanted one SELECT/,
    );
  });

  it('takes a file for CSV whose ending is a word of JavaScript', async () => {
    await writeFile(at('ads.constructor'), plain);
    expect(await readColumns({ input: [at('ads.constructor')] })).toEqual(expected);
  });

  it('refuses a header that names a column twice, or is none', async () => {
    await writeFile(at('ads.csv'), 'clicks,shown,Clicks\n1,2,3\n');
    await expect(read({ input: [at('ads.csv')] }, mapping)).rejects.toThrow(
      /line 1: column Clicks is named twice/,
    );
    await writeFile(at('ads.csv'), '1,2,3\n4,5,6\n');
    await expect(read({ input: [at('ads.csv')] }, mapping)).rejects.toThrow(/wanted a header/);
    await writeFile(at('ads.csv'), '');
    await expect(read({ input: [at('ads.csv')] }, mapping)).rejects.toThrow(/no rows/);
  });
});
