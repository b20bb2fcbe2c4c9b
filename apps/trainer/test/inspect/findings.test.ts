import { writeFile } from 'node:fs/promises';
import { inspect, read, testFolder, told } from '../reading.js';

const at = testFolder();

/** A generator of numbers in [0, 1) that is the same in every run. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

async function write(header: string, lines: readonly string[]): Promise<{ input: string[] }> {
  await writeFile(at('ads.csv'), `${header}\n${lines.join('\n')}\n`);
  return { input: [at('ads.csv')] };
}

/** Rows of impressions that were clicked by chance, `ctr` telling how often. */
function drawn(
  rows: number,
  ctr: (i: number, random: () => number) => { cells: string; ctr: number },
  seed = 7,
): string[] {
  const random = randomOf(seed);
  return Array.from({ length: rows }, (_, i) => {
    const { cells, ctr: chance } = ctr(i, random);
    const shown = 200 + Math.floor(800 * random());
    let clicks = 0;
    for (let n = 0; n < shown; n++) clicks += +(random() < chance);
    return `${cells},${shown},${clicks}`;
  });
}

describe('columns that count', () => {
  const rows = ['a,10,2,100,5', 'b,20,3,200,7', 'a,30,4,300,9'];

  it('are taken by the closest name, and the others are named with their flag', async () => {
    const input = await write('Anzeige,Klicks (alle),Klicks,Impressionen,Umsatz', rows);
    const { draft, ...found } = await inspect(input);
    expect(draft.mapping).toMatchObject({ impressions: 'Impressionen', clicks: 'Klicks' });
    expect(told({ draft, ...found }, 'target')).toEqual([
      'Klicks is taken for the clicks, as its name is the closest; otherwise by --clicks "Klicks (alle)"',
    ]);
    const other = await inspect(input, { clicks: 'Klicks (alle)' });
    expect(other.draft.mapping.clicks).toBe('Klicks (alle)');
    expect(other.draft.excluded.map(({ column }) => column)).toContain('Klicks');
  });

  it('are not taken from sales after the click', async () => {
    const input = await write('ad,post_click_sales,clicks,impressions,rest', rows);
    expect(told(await inspect(input), 'target')).toEqual([]);
  });

  it('count a blank as no click where the file has no 0, and only there', async () => {
    const lines = ['a,100,', 'b,200,7', 'a,300,', 'b,100,3'];
    const none = await inspect(await write('ad,impressions,clicks', lines));
    expect(none.draft.mapping.blank_clicks).toBe('zero');
    expect(none.counts).toMatchObject({ usable: 4, dirty: 0 });
    const both = await inspect(await write('ad,impressions,clicks', [...lines, 'b,50,0']));
    expect(both.draft.mapping).not.toHaveProperty('blank_clicks');
    expect(both.counts).toMatchObject({ usable: 3, dirty: 2 });
  });
});

describe('rows that cannot be used', () => {
  const lines = (bad: number): string[] =>
    Array.from({ length: 100 }, (_, i) => `${'ab'[i % 2]},${i < bad ? 'many' : 100 + i},${i % 7}`);

  it('are dropped by the draft where they are few', async () => {
    const { draft } = await inspect(await write('ad,impressions,clicks', lines(4)));
    expect(draft.mapping.dirty).toBe('drop');
  });

  it('are not where they are more than one in twenty: somebody must say so', async () => {
    const found = await inspect(await write('ad,impressions,clicks', lines(6)));
    expect(found.draft.mapping).not.toHaveProperty('dirty');
    expect(told(found, 'dirty')[1]).toMatch(/^6 % of the rows.*too many.*--dirty drop/);
  });

  it('are counted by their impressions too', async () => {
    const rows = ['a,9000,9001', ...lines(0)];
    const found = await inspect(await write('ad,impressions,clicks', rows));
    expect(found.counts.dirty_share).toBeGreaterThan(0.3);
    expect(found.draft.mapping).not.toHaveProperty('dirty');
  });

  it('are no loss without impressions, however many they are', async () => {
    const idle = Array.from({ length: 60 }, () => 'a,0,0');
    const found = await inspect(await write('ad,impressions,clicks', [...lines(0), ...idle]));
    expect(found.counts).toMatchObject({ dirty: 60, dirty_share: 0 });
    expect(found.draft.mapping.dirty).toBe('drop');
  });
});

describe('one row that is much of everything', () => {
  it('is named, with its share and what is left without it', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `camp ${i % 3},phone,100,${i % 5}`);
    const rows = [...lines, 'camp 9,tablet,4000,400'];
    const [text] = told(
      await inspect(await write('campaign,device,impressions,clicks', rows)),
      'dominant',
    );
    expect(text).toMatch(/^line 32 is 57 % of all impressions: campaign camp 9, device tablet/);
    expect(text).toMatch(/6\.57 % with it and 2\.00 % without/);
  });

  it('is none where rows are few or alike', async () => {
    const lines = ['a,x,100,1', 'b,y,100,2', 'c,x,100,3'];
    expect(told(await inspect(await write('c,d,impressions,clicks', lines)), 'dominant')).toEqual(
      [],
    );
  });
});

describe('a click log', () => {
  const log = (rows: number, label: (i: number) => string | number): string[] =>
    Array.from({ length: rows }, (_, i) => `${'ab'[i % 2]},${i % 5},${label(i)}`);
  const mapping = {
    label: 'clicked',
    features: { site: { column: 'site', kind: 'categorical' } },
  } as const;

  it.each([
    ['yes and no', (i: number) => (i % 9 ? 'No' : 'Yes')],
    ['true and false', (i: number) => (i % 9 ? 'FALSE' : 'TRUE')],
    ['y and n', (i: number) => (i % 9 ? 'n' : 'y')],
    ['1 and 0', (i: number) => (i % 9 ? 0 : 1)],
  ])('may say %s', async (_, label) => {
    const { table } = await read(await write('site,hour,clicked', log(90, label)), mapping);
    const sum = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
    expect([sum(table.impressions), sum(table.clicks)]).toEqual([90, 10]);
  });

  it('may count the clicks of one impression: one click, said, or refused as a whole', async () => {
    const input = await write(
      'site,hour,clicked',
      log(90, (i) => [2, 0, 0, 1, 0, 0][i % 6]),
    );
    const found = await inspect(input, { label: 'clicked' });
    expect(found.counts).toMatchObject({ usable: 90, dirty: 0 });
    expect(told(found, 'label')).toEqual([
      expect.stringMatching(/^clicked is above 1 in 15 rows: .* count as one click/),
    ]);
    const refusing = read(input, { ...mapping, repeat_clicks: 'refuse', dirty: 'drop' });
    await expect(refusing).rejects.toThrow(/15 clicked is above 1.*not left out by themselves/s);
  });

  it('is searched for leaks by the same clicks, whatever its label says', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => {
      const clicked = i % 8 === 0;
      return `${'ab'[i % 2]},${clicked ? 5 + (i % 3) : 0},${clicked ? 2 : 0}`;
    });
    const { draft } = await inspect(await write('site,basket,clicked', lines));
    expect(draft.excluded).toMatchObject([
      {
        column: 'basket',
        because: expect.stringMatching(/it leaks the target: it is 0 or missing/),
      },
    ]);
  });

  it('with too many clicks is asked about, unless the share of its impressions is told', async () => {
    const input = await write(
      'site,hour,clicked',
      log(600, (i) => +(i % 3 === 0)),
    );
    expect(told(await inspect(input), 'sampling')).toEqual([
      expect.stringMatching(/^33\.33 % of the impressions were clicked.*--negative-sampling-rate/),
    ]);
    const changes = { where: [], derive: {}, negativeSamplingRate: 0.1 };
    const sampled = await inspect(input, { changes });
    expect(told(sampled, 'sampling')).toEqual([]);
    expect(sampled.draft.mapping.negative_sampling_rate).toBe(0.1);
    const few = await write(
      'site,hour,clicked',
      log(9, (i) => +(i % 3 === 0)),
    );
    expect(told(await inspect(few, { label: 'clicked' }), 'sampling')).toEqual([]);
  });

  it('of counts is taken as it was before impressions without a click were sampled', async () => {
    const input = await write('ad,impressions,clicks', ['a,100,10', 'b,50,0', 'a,10,10']);
    const features = { ad: { column: 'ad', kind: 'categorical' } } as const;
    const { table } = await read(input, {
      ...{ impressions: 'impressions', clicks: 'clicks', features },
      negative_sampling_rate: 0.1,
    });
    expect([...table.impressions]).toEqual([910, 500, 10]);
    expect([...table.clicks]).toEqual([10, 0, 10]);
  });
});

describe('features that are tried', () => {
  const stamp = (hour: number, day: number): string =>
    `2026-05-${String(1 + (day % 28)).padStart(2, '0')} ${String(hour).padStart(2, '0')}:15`;

  it('are the hour and the weekday, where held-out rows gain', async () => {
    const byHour = drawn(900, (i) => {
      const hour = (i * 7) % 24;
      return { cells: `${stamp(hour, i)},${'ab'[i % 2]}`, ctr: hour < 12 ? 0.02 : 0.15 };
    });
    const { draft, offers } = await inspect(await write('Time,Ad,Impressions,Clicks', byHour));
    expect(offers.map(({ what, taken }) => [what, taken])).toEqual([
      ['hour', true],
      ['weekday', false],
      ['exposure', false],
    ]);
    expect(draft.mapping.derived).toEqual({ hour: 'hour("Time")' });
    expect(draft.mapping.features['hour']).toMatchObject({ kind: 'integer', maximum: 23 });
    expect(draft.mapping.features).not.toHaveProperty('time');
  });

  it('are not an hour where the rows are days', async () => {
    const byDay = drawn(400, (i) => ({
      cells: `2026-05-${10 + (i % 20)},${'ab'[i % 2]}`,
      ctr: 0.1,
    }));
    const { offers } = await inspect(await write('Day,Ad,Impressions,Clicks', byDay));
    expect(offers.map(({ what }) => what)).toEqual(['weekday', 'exposure']);
  });

  it('are impressions, where the CTR goes with them', async () => {
    const random = randomOf(3);
    const lines = Array.from({ length: 800 }, (_, i) => {
      const shown = 100 + Math.floor(2000 * random());
      let clicks = 0;
      for (let n = 0; n < shown; n++) clicks += +(random() < 40 / (200 + shown));
      return `${'ab'[i % 2]},${shown},${clicks}`;
    });
    const input = await write('Ad,Impressions,Clicks', lines);
    const { draft, ...found } = await inspect(input);
    expect(draft.mapping.exposure_feature).toBe(true);
    expect(told({ draft, ...found }, 'offer')[0]).toMatch(
      /impressions are a feature too.*--no-exposure-feature/,
    );
    const without = await inspect(input, { exposure: false });
    expect(without.draft.mapping).not.toHaveProperty('exposure_feature');
  });

  it('are whole numbers as words, where their order says nothing', async () => {
    const rate = (code: number): number => ((code * 7919) % 101) / 400 + 0.005;
    const byCode = drawn(1500, (i) => ({
      cells: `${1000 + 17 * (i % 100)},${i % 3}`,
      ctr: rate(i % 100),
    }));
    const { draft, ...found } = await inspect(await write('spot,x,Impressions,Clicks', byCode));
    expect(draft.mapping.features['spot']).toMatchObject({ kind: 'word', whole: true });
    expect(told({ draft, ...found }, 'offer').join()).toMatch(/spot is read as words/);
  });

  it('are not tried on too few rows', async () => {
    const few = drawn(40, (i) => ({ cells: `${stamp(i % 24, i)},a${i % 2}`, ctr: 0.1 }));
    const { offers } = await inspect(await write('Time,Ad,Impressions,Clicks', few));
    expect(offers.filter(({ taken, difference }) => taken || difference !== undefined)).toEqual([]);
  });
});

describe('derived columns', () => {
  const input = () =>
    write('Time,Ad,Impressions,Clicks', ['2026-05-01 07:30,a,100,5', '2026-05-01 19:00,b,100,9']);

  it('are features, of the kind that they have', async () => {
    const derive = { hour: 'hour(Time)', half: "CASE WHEN hour(Time) < 12 THEN 'early' END" };
    const { draft } = await inspect(await input(), { derive });
    expect(draft.mapping.derived).toEqual(derive);
    expect(draft.mapping.features).toMatchObject({
      hour: { column: 'hour', kind: 'integer' },
      half: { column: 'half', kind: 'categorical', missing: true },
    });
  });

  it('are no features where a condition or another one uses them', async () => {
    const changes = { where: ['early'], derive: {} };
    const derive = { early: 'hour(Time) < 12', hour: 'hour(Time)', double: '2 * "hour"' };
    const { draft } = await inspect(await input(), { derive, changes });
    expect(Object.keys(draft.mapping.features)).toEqual(['ad', 'double']);
  });

  it('are features only if they are named, where features are', async () => {
    const derive = { hour: 'hour(Time)', twice: '2 * hour(Time)' };
    const { draft } = await inspect(await input(), { derive, features: ['Ad', 'twice'] });
    expect(Object.keys(draft.mapping.features)).toEqual(['ad', 'twice']);
    expect(draft.mapping.derived).toEqual(derive);
  });

  it('are refused if they are empty in every row', async () => {
    const empty = inspect(await input(), { derive: { hour: "try_cast('x' AS INTEGER)" } });
    await expect(empty).rejects.toThrow(/--derive hour=.*got nothing in every one of 2 rows/);
  });
});

describe('a kept column that looks like an outcome', () => {
  it('is warned of', async () => {
    const lines = drawn(400, (i, random) => ({
      cells: `${'ab'[i % 2]}`,
      ctr: 0.02 + 0.3 * random(),
    })).map((line, i) => {
      const [, shown, clicks] = line.split(',').map(Number);
      return `${line},${(clicks / shown + (0.03 * ((i * 7919) % 11)) / 11).toFixed(4)}`;
    });
    const found = await inspect(await write('Ad,Impressions,Clicks,Quality', lines));
    const leaks = [...told(found, 'outcome'), ...told(found, 'leak')].join();
    expect(leaks).toMatch(/^Quality (looks like an outcome|is left out)/);
  });
});

describe('what cannot be learned from', () => {
  const mapping = {
    ...{ impressions: 'Impressions', clicks: 'Clicks' },
    features: { ad: { column: 'Ad', kind: 'categorical' } },
  } as const;
  const rows = (clicks: (i: number) => number): string[] =>
    Array.from({ length: 20 }, (_, i) => `${'ab'[i % 2]},100,${clicks(i)}`);

  it.each([
    ['no click', () => 0, /Clicks: got no click in 2,000 impressions, wanted some with clicks/],
    ['nothing but clicks', () => 100, /Clicks: got a click in each of 2,000 impressions/],
  ])('is a table with %s', async (_, clicks, message) => {
    const input = await write('Ad,Impressions,Clicks', rows(clicks));
    await expect(read(input, mapping)).rejects.toThrow(message);
  });

  it('is SQL that is none, told by its key', async () => {
    const input = await write(
      'Ad,Impressions,Clicks',
      rows((i) => i % 5),
    );
    await expect(read(input, { ...mapping, where: ['Impressions >'] })).rejects.toThrow(
      /mapping: where.0: got "Impressions >": .*syntax error/,
    );
    await expect(inspect(input, { derive: { x: 'hour(' } })).rejects.toThrow(
      /derived.x: got "hour\("/,
    );
    await expect(inspect(input, { derive: { ad: '1' } })).rejects.toThrow(
      /--derive: got Ad, a column of the data; choose another name/,
    );
  });

  it('is a file that is named twice: it counts once', async () => {
    const { input } = await write(
      'Ad,Impressions,Clicks',
      rows((i) => i % 5),
    );
    await writeFile(at('copy.csv'), `Ad,Impressions,Clicks\n${rows((i) => i % 5).join('\n')}\n`);
    const found = await inspect({ input: [...input, ...input, at('copy.csv')] });
    expect(found.counts.rows).toBe(20);
    expect(
      told(found, 'file').filter((text) => /holds the same as .* read once/.test(text)),
    ).toHaveLength(2);
  });

  it('is a column of clicks that has lost its counts: blanks are no zeros then', async () => {
    const lost = Array.from(
      { length: 60 },
      (_, i) => `${'ab'[i % 2]},5000,${i % 4 ? 200 + i : ''}`,
    );
    const found = await inspect(await write('Ad,Impressions,Clicks', lost));
    expect(found.draft.mapping).not.toHaveProperty('blank_clicks');
    expect(told(found, 'dirty').join()).toMatch(/15 rows cannot be used: Clicks is empty/);
  });
});
