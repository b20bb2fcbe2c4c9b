import { featureColumn, readCell, tidy, type Feature } from '../src/decide/columns.js';
import { decisions } from '../src/decide/decisions.js';
import { csvOf, readPasted } from '../src/decide/pasting.js';
import { placeOf, requestOf } from '../src/decide/requests.js';

const features: Feature[] = [
  { name: 'impressions', kind: 'integer', minimum: 1, maximum: 1e12 },
  { name: 'ad_position', kind: 'integer', minimum: 1, maximum: 10 },
  { name: 'device_type', kind: 'categorical', categories: ['mobile', 'desktop'] },
  { name: 'budget', kind: 'numeric', exclusiveMinimum: 0, maximum: 1e12 },
  { name: 'keyword', kind: 'word', missing: true },
];
const columns = decisions.rank.columns(features, {});
const columnOf = (name: string) => columns.find((column) => column.name === name)!;
const row = (cells: Record<string, string>, id = 1) => ({ id, cells });

describe('a cell', () => {
  it.each([
    ['budget', ' 1,234.50 ', '1234.50'],
    ['budget', '$1,234', '1234'],
    ['budget', '1 234', '1234'],
    ['budget', '0,4', '0.4'],
    ['conversion_rate', '2 %', '0.02'],
    ['conversion_rate', '1,5%', '0.015'],
    ['device_type', 'Mobile', 'mobile'],
    ['budget', '1,23,4', '1,23,4'],
    ['budget', '12 apples', '12 apples'],
    ['keyword', '1,234', '1,234'],
  ])('of %s reads %j, as spreadsheets write it, as %j', (name, given, kept) => {
    expect(tidy(columnOf(name), given)).toBe(kept);
  });

  it('says what a value should be', () => {
    const wrong = (name: string, text: string) => readCell(columnOf(name), text).error;
    expect(wrong('ad_position', '11')).toBe('wanted a whole number at least 1 and at most 10');
    expect(wrong('ad_position', '1.5')).toMatch('a whole number');
    expect(wrong('budget', '0')).toMatch('above 0');
    expect(wrong('budget', 'Infinity')).toMatch('a number');
    expect(wrong('device_type', 'tv')).toBe('wanted one of mobile, desktop');
    expect(wrong('device_type', 'mobile')).toBeUndefined();
    expect(readCell(columnOf('budget'), '2.5')).toEqual({ value: 2.5 });
  });

  it('of words that are numbers holds numbers', () => {
    const column = featureColumn({ name: 'creative', kind: 'word', whole: true });
    expect(readCell(column, '17')).toEqual({ value: 17 });
    expect(readCell(column, 'seventeen').error).toMatch('whole number');
  });
});

describe('a paste', () => {
  it('finds columns by their headings, and says which it does not know', async () => {
    const text =
      'Device type\tbid_cpc\tColour\tBUDGET\nmobile\t0.4\tred\t1,000\n\ntv\t0.5\tblue\t5';
    const { rows, complaints, hasHeading, tidied } = await readPasted(text, columns);
    expect(hasHeading).toBe(true);
    expect(rows).toEqual([
      { 'record.device_type': 'mobile', bid_cpc: '0.4', 'record.budget': '1000' },
      { 'record.device_type': 'tv', bid_cpc: '0.5', 'record.budget': '5' },
    ]);
    expect(tidied).toBe(1);
    expect(complaints).toEqual([
      { line: 1, column: 'Colour', why: 'This table has no such column: left out.' },
      { line: 3, column: 'Device type', text: 'tv', why: 'wanted one of mobile, desktop' },
    ]);
  });

  it('without headings is taken in order, from where it was pasted', async () => {
    const { rows, complaints } = await readPasted(
      '5000\t2\n100\t3\tmobile\t1\ta\t2\t3\t4\t5\t6',
      columns,
      1,
    );
    expect(rows[0]).toEqual({ 'record.impressions': '5000', 'record.ad_position': '2' });
    expect(complaints.at(-1)).toMatchObject({
      line: 2,
      why: 'There is no column for it: left out.',
    });
  });

  it('of CSV knows semicolons, quotes, and decimal commas', async () => {
    const text = '\uFEFFid;budget;keyword\n"a;b";1,5;"say ""x"""\n';
    const { rows } = await readPasted(text, columns);
    expect(rows).toEqual([{ id: 'a;b', 'record.budget': '1.5', 'record.keyword': 'say "x"' }]);
  });

  it('tells of a quote that is never closed', async () => {
    const { complaints } = await readPasted('id,budget\n"a,5\n', columns);
    expect(complaints[0].why).toMatch(/quote/i);
  });

  it('reads what was saved, also names that a spreadsheet would take for formulas', async () => {
    const names = ['=1+1', '-5', '@x', "'quoted", "'=x", 'a "b", c', 'سلام'];
    const csv = await csvOf(
      ['id', 'budget'],
      names.map((name) => [name, 5]),
    );
    expect(csv).toContain(`"'=1+1",5`);
    const { rows, complaints } = await readPasted(csv, columns);
    expect(complaints).toEqual([]);
    expect(rows.map(({ id }) => id)).toEqual(names);
  });
});

describe('a request', () => {
  const good = {
    'record.impressions': '5000',
    'record.ad_position': '1',
    'record.device_type': 'mobile',
    'record.budget': '2500',
    bid_cpc: '0.4',
  };
  const filled = { columns, rows: [row({}), row({ ...good, id: 'a' }), row(good)], given: {} };

  it('has the rows that hold anything, as the service takes them', () => {
    const record = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };
    expect(requestOf(decisions.rank, { ...filled, given: { floor_ecpm: '5', level: '' } })).toEqual(
      {
        places: [1, 2],
        body: {
          floor_ecpm: 5,
          candidates: [
            { id: 'a', record, bid_cpc: 0.4 },
            { record, bid_cpc: 0.4 },
          ],
        },
      },
    );
  });

  it('is not made while something is wrong or missing, and says where', () => {
    const rows = [row({ ...good, 'record.ad_position': '99' }), row({ id: 'b' })];
    const asked = requestOf(decisions.rank, { columns, rows, given: { level: 'high' } });
    const { wrong } = asked as Extract<typeof asked, { wrong: unknown }>;
    expect(wrong[0]).toMatchObject({ setting: 'level' });
    expect(wrong[1]).toMatchObject({ row: 0, key: 'record.ad_position' });
    expect(wrong.slice(2).map(({ row: at, key }) => `${at} ${key}`)).toEqual([
      '1 record.impressions',
      '1 record.ad_position',
      '1 record.device_type',
      '1 record.budget',
    ]);
  });

  it('of variations has a base and the values of each feature', () => {
    const own = decisions.opportunities.columns(features, {});
    const given = { from: 'grid', base: '2', 'vary.ad_position': '1, 2', 'vary.keyword': '10' };
    const asked = requestOf(decisions.opportunities, { ...filled, columns: own, given });
    expect(asked).toMatchObject({
      body: { base: { ad_position: 1 }, vary: { ad_position: [1, 2], keyword: 10 } },
    });
  });

  it('cannot reach what objects are made of by the name of a feature', () => {
    const odd = decisions.compare.columns([{ name: '__proto__', kind: 'word' }], {});
    const rows = [row({ 'record.__proto__': 'x' }), row({ 'record.__proto__': 'y' })];
    const asked = requestOf(decisions.compare, { columns: odd, rows, given: {} });
    expect(JSON.stringify('body' in asked && asked.body)).toBe(
      '{"a":{"__proto__":"x"},"b":{"__proto__":"y"}}',
    );
  });

  it.each([
    ['rank', 'candidates[1].record.budget', { row: 2, key: 'record.budget' }],
    ['rank', 'candidates[0].bid_cpc', { row: 1, key: 'bid_cpc' }],
    ['rank', 'floor_ecpm', { setting: 'floor_ecpm' }],
    ['allocate', 'cells[0].cost', { row: 1, key: 'cost.cpc' }],
    ['compare', 'b.ad_position', { row: 2, key: 'record.ad_position' }],
    ['opportunities', 'vary.device_type[0]', { setting: 'vary.device_type' }],
  ] as const)('that %s refuses for %s is wrong there', (name, field, place) => {
    const own = decisions[name].columns(features, {});
    const given: Record<string, string> = name === 'opportunities' ? { from: 'grid' } : {};
    const error = { field, message: 'no' };
    expect(placeOf(error, decisions[name], { ...filled, columns: own, given }, [1, 2])).toEqual({
      ...place,
      message: 'no',
    });
  });
});
