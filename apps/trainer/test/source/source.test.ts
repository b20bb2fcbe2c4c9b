import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import type { Mapping } from '../../src/mapping/mapping.js';
import { Database } from '../../src/source/database.js';
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

  it('refuses a file without a header', async () => {
    await writeFile(at('ads.csv'), '1,2,3\n4,5,6\n');
    await expect(read({ input: [at('ads.csv')] }, mapping)).rejects.toThrow(/wanted a header/);
    await writeFile(at('ads.csv'), '');
    await expect(read({ input: [at('ads.csv')] }, mapping)).rejects.toThrow(/no rows/);
  });
});
