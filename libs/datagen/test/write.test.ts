import { createHash } from 'node:crypto';
import { Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import {
  columnNames,
  extraFeatures,
  generate,
  profiles,
  wordColumns,
  writeCsv,
  writeNdjson,
  type AdTable,
  type GenerateOptions,
} from '../src/index.js';
import { resolveOptions, type SampledRow } from '../src/sample.js';
import { CHUNK, writeLines } from '../src/write.js';

/** Keeps all it is given, and counts the pieces. */
function collector() {
  const pieces: string[] = [];
  const writable = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece.toString('utf8'));
      done();
    },
  });
  return { writable, pieces };
}

async function written(write: typeof writeCsv, options: GenerateOptions): Promise<string> {
  const { writable, pieces } = collector();
  await write(options, writable);
  expect(writable.writableFinished).toBe(true);
  return pieces.join('');
}

const writers = [
  { name: 'writeCsv', write: writeCsv },
  { name: 'writeNdjson', write: writeNdjson },
];

const textual = new Set([
  'device_type',
  ...extraFeatures.flatMap((f) => (f.categories ? [f.name] : [])),
  ...wordColumns,
]);

function tableOf(records: readonly Record<string, number | string>[], of: AdTable): AdTable {
  const columns = Object.fromEntries(
    columnNames(of.profile).map((name) => {
      const values = records.map((record) => record[name]!);
      return [name, textual.has(name) ? values : Float64Array.from(values as number[])];
    }),
  );
  return { ...of, columns: columns as AdTable['columns'] };
}

test.each(profiles)('%s: CSV reads back to exactly the generated table', async (profile) => {
  const options = { rows: 1200, seed: 8, profile, skip: 1500 };
  const lines = (await written(writeCsv, options)).split('\n');
  expect(lines.pop()).toBe('');
  const names = lines.shift()!.split(',');
  expect(names).toEqual(columnNames(profile));
  const records = lines.map((line) => {
    const fields = line.split(',');
    expect(fields.length).toBe(names.length);
    return Object.fromEntries(
      names.map((name, i) => {
        const field = fields[i]!;
        return [name, textual.has(name) ? field : field === '' ? NaN : Number(field)];
      }),
    );
  });
  const table = generate(options);
  expect(tableOf(records, table)).toEqual(table);
});

test.each(profiles)('%s: NDJSON reads back to exactly the generated table', async (profile) => {
  const options = { rows: 1200, seed: 8, profile, skip: 1500 };
  const lines = (await written(writeNdjson, options)).split('\n');
  expect(lines.pop()).toBe('');
  const records = lines.map((line) => {
    const record = JSON.parse(line) as Record<string, number | string | null>;
    expect(Object.keys(record)).toEqual(columnNames(profile));
    return Object.fromEntries(
      Object.entries(record).map(([name, value]) => [
        name,
        value ?? (textual.has(name) ? '' : NaN),
      ]),
    );
  });
  const table = generate(options);
  expect(tableOf(records, table)).toEqual(table);
});

test('missing values are empty in CSV and null in NDJSON', async () => {
  const options = { rows: 200, profile: 'wide' } as const;
  expect(await written(writeCsv, options)).toMatch(/,,/);
  expect(await written(writeCsv, options)).not.toMatch(/NaN|null/);
  expect(await written(writeNdjson, options)).toMatch(/"x06":null/);
  expect(await written(writeNdjson, options)).not.toMatch(/NaN|""/);
});

// The bytes of 1,000 rows of seed 42. They change only when the market does: on purpose.
test.each([
  ['realistic', 'b1018bc0d1f72a2d'],
  ['sparse', '7707a2db8988f1e2'],
  ['drifted', '461ffbfa14917ac4'],
  ['wide', 'cafc52c8dc157892'],
  ['hidden', '1f1538205ea62ee9'],
  ['overdispersed', '8f02a98d8d139c7c'],
  ['words', '91659ba02cb5abc0'],
] as const)('%s: the same bytes on every machine', async (profile, digest) => {
  const text = await written(writeCsv, { rows: 1000, profile });
  expect(createHash('sha256').update(text).digest('hex').slice(0, 16)).toBe(digest);
});

test('a file of fewer rows is the beginning of a longer one', async () => {
  const long = await written(writeCsv, { rows: 5000 });
  expect(long.startsWith(await written(writeCsv, { rows: 1234 }))).toBe(true);
});

test('drawing waits for a slow writable: at most four chunks are ever drawn and not yet written', async () => {
  let drawn = 0;
  let written = 0;
  let mostOutstanding = 0;
  const line = ({ impressions }: SampledRow): string => {
    const text = `${impressions} `.padEnd(99, '.') + '\n';
    drawn += text.length;
    mostOutstanding = Math.max(mostOutstanding, drawn - written);
    return text;
  };
  const slow = new Writable({
    highWaterMark: 1,
    async write(piece: Buffer, _encoding, done) {
      // Turns enough for whoever does not wait to draw all there is.
      for (let turn = 0; turn < 100; turn++) await setImmediate();
      written += piece.length;
      done();
    },
  });
  const options = resolveOptions({ rows: 30_000 });
  await writeLines(options, { header: '', line }, slow);
  expect(written).toBe(30_000 * 100);
  expect(mostOutstanding).toBeLessThanOrEqual(4 * (CHUNK + 100));
});

test.each(writers)(
  '$name lets the program in between chunks, so that a signal ends it where nothing ever waits',
  async ({ write }) => {
    let pieces = 0;
    const swift = new Writable({
      write(_piece, _encoding, done) {
        pieces++;
        done();
      },
    });
    const controller = new AbortController();
    const stopped = write({ rows: 300_000 }, swift, controller.signal);
    for (let turn = 0; turn < 10; turn++) await setImmediate();
    controller.abort();
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(swift.destroyed).toBe(true);
    expect(pieces).toBeGreaterThan(0);
    // A chunk a turn at most, of some three hundred.
    expect(pieces).toBeLessThan(20);
  },
);

test.each(writers)('$name passes the error of the writable on', async ({ write }) => {
  const full = new Writable({
    write: (_piece, _encoding, done) => done(new Error('disk full')),
  });
  await expect(write({ rows: 50_000 }, full)).rejects.toThrow('disk full');
});

test('a writable that closes early rejects instead of hanging', async () => {
  const gone: Writable = new Writable({
    write: (_piece, _encoding, done) => {
      gone.destroy();
      done();
    },
  });
  await expect(writeCsv({ rows: 50_000 }, gone)).rejects.toMatchObject({
    code: 'ERR_STREAM_PREMATURE_CLOSE',
  });
});

test.each(writers)('$name writes nothing when an option is bad', async ({ write }) => {
  const { writable, pieces } = collector();
  await expect(write({ rows: 0 }, writable)).rejects.toThrow('rows is 0, wanted a positive safe');
  expect(pieces).toEqual([]);
  expect(writable.destroyed).toBe(false);
});
