import { describeTotals } from '../../src/source/totals.js';
import { saysTotal } from '../../src/language/vocabulary.js';
import { expectLinesToAddUp, sharedOpener } from './opened.js';

const { open, openAt, at } = sharedOpener();

const table = (...lines: string[]): string => `${lines.join('\n')}\n`;

/** Days by campaigns: impressions, clicks, cost. */
const days = [
  '2026-05-01,Mill,901,640,31,12.50',
  '2026-05-01,Pier,902,1820,12,3.10',
  '2026-05-02,Mill,901,655,35,13.75',
  '2026-05-02,Pier,902,790,14,3.40',
  '2026-05-03,Quay,903,1105,28,7.25',
];
const head = 'Day,Campaign,Campaign ID,Impressions,Clicks,Cost';
const sums = { Impressions: 5010, Clicks: 120, Cost: 40 };
const total = (label: string): string => `${label},5010,120,40.00`;

async function totalsOf(lines: readonly string[], header = head) {
  const opened = await open([header, ...lines].join('\n'));
  expectLinesToAddUp(opened.source);
  const { rows, differences, doubtful } = opened.source.totals;
  return {
    ...opened,
    lines: rows.map(({ line }) => line),
    differences,
    doubtful: doubtful.map(({ line }) => line),
  };
}

const added = (values: readonly unknown[]): number =>
  values.reduce<number>((sum, value) => sum + Number(value), 0);

describe('a total', () => {
  it.each([
    ['Total'],
    ['Total: Account'],
    ['Total: Campaigns, all but removed ones'],
    ['TOTAL'],
    ['Grand Total'],
    ['Total of 41 results'],
    ['Total - 3 campaigns'],
    ['Total (3)'],
    ['Summe'],
    ['Gesamt'],
    ['Gesamtsumme: Konto'],
    ['Gesamt (3 Ergebnisse)'],
    ['Total : compte'],
    ['Total de 41 résultats'],
    ['Somme'],
    ['Total: cuenta'],
    ['Suma'],
    ['Total geral'],
    ['Totale: account'],
    ['Totaal: account'],
    ['Łącznie'],
    ['Razem'],
    ['Suma: konto'],
    ['Totalt: konto'],
    ['Summa'],
    ['Toplam: hesap'],
    ['Genel Toplam'],
    ['合計'],
    ['合計: アカウント'],
    ['総計'],
    ['합계'],
    ['총계: 계정'],
    ['总计：帐号'],
    ['合计'],
    ['總計'],
    ['Account total'],
    ['Summe Konto'],
    ['アカウント合計'],
    ['账户总计'],
  ])('is known by its word: %s', async (label) => {
    const cell = `"${label}"`;
    for (const cells of [`,${cell},`, `--,${cell},--`, `${cell},-,-`, `${cell},${cell}, --`]) {
      // Its figures are others, so that they do not give it away.
      const found = await totalsOf([...days, `${cells},6000,150,44.00`]);
      expect(found.lines).toEqual([7]);
      expect(found.columns.Clicks).toHaveLength(5);
    }
  });

  it.each([
    ['at the top', 0],
    ['at the end', 5],
  ])('is known without a word %s, and its Day takes no type away', async (_, place) => {
    for (const label of [',,', '--,--,--', ' --, -,n/a']) {
      const lines = [...days];
      lines.splice(place, 0, total(label));
      const found = await totalsOf(lines);
      expect(found.lines).toEqual([place + 2]);
      expect(found.differences).toEqual([]);
      expect(found.types).toMatchObject({ Day: 'DATE', 'Campaign ID': 'BIGINT' });
      expect(added(found.columns.Impressions)).toBe(sums.Impressions);
    }
  });

  it.each([
    ['at the top', 0],
    ['at the end', 5],
  ])('is known by its sums alone %s', async (_, place) => {
    const lines = [...days];
    lines.splice(place, 0, total('2026-05-04,ACME account,900'));
    const found = await totalsOf(lines);
    expect(found.lines).toEqual([place + 2]);
  });

  it('may stand several times at the end', async () => {
    const lines = [
      ...days,
      total(',Total: Account,--'),
      total(',Total: Search,--'),
      ',Total: Display,--,0,0,0.00',
    ];
    const found = await totalsOf(lines);
    expect(found.lines).toEqual([7, 8, 9]);
    expect(found.differences).toEqual([]);
  });

  it.each([
    ['says so and nothing else', 'Total', 'Total'],
    ['says whose it is', 'Mill Total', 'Pier Total'],
    ['has no word', '', ''],
  ])('may stand below each group: it %s', async (_, first, second) => {
    const lines = [
      '2026-05-01,Mill,640,31',
      '2026-05-02,Mill,655,35',
      `,${first},1295,66`,
      '2026-05-01,Pier,1820,12',
      '2026-05-02,Pier,790,14',
      `,${second},2610,26`,
    ];
    const found = await totalsOf(lines, 'Day,Campaign,Impressions,Clicks');
    expect(found.lines).toEqual([4, 7]);
    expect(found.differences).toEqual([]);
  });

  it('may stand above or below each group without a word, with an empty cell or a name', async () => {
    const group = (name: string): string[] => [
      `2026-05-01,${name},640,31`,
      `2026-05-02,${name},655,35`,
      `2026-05-03,${name},805,34`,
    ];
    const empty = (name: string): string => `,${name},2100,100`;
    const named = (name: string): string => `2026-05-01,All of ${name},2100,100`;
    for (const sum of [empty, named]) {
      const above = await totalsOf(
        ['Mill', 'Pier'].flatMap((name) => [sum(name), ...group(name)]),
        'Day,Campaign,Impressions,Clicks',
      );
      expect(above.lines).toEqual([2, 6]);
      const below = await totalsOf(
        ['Mill', 'Pier'].flatMap((name) => [...group(name), sum(name)]),
        'Day,Campaign,Impressions,Clicks',
      );
      expect(below.lines).toEqual([5, 9]);
    }
  });

  it('spans the periods of all rows', async () => {
    const lines = [
      '2026-05-01,2026-07-31,,,3000,95',
      '2026-05-01,2026-05-31,Mill,1,1000,41',
      '2026-06-01,2026-06-30,Mill,1,1000,43',
      '2026-07-01,2026-07-31,Mill,1,1000,44',
    ];
    const header =
      'Reporting starts,Reporting ends,Campaign name,Result type,Impressions,Link clicks';
    const found = await totalsOf(lines, header);
    expect(found.lines).toEqual([2]);
    expect(found.differences).toMatchObject([{ column: 'Link clicks', total: 95, sum: 128 }]);
  });

  it('of each file is its own', async () => {
    await open([head, ...days, total(',Total,')].join('\n'), {}, 'may.csv');
    await open([head, ',,,3000,50,9.00', ...days.slice(0, 2)].join('\n'), {}, 'june.csv');
    const { source, columns } = await openAt([at('may.csv'), at('june.csv')]);
    expect(source.totals.rows.map(({ line }) => line)).toEqual([7, 2]);
    expect(columns.Campaign).toHaveLength(7);
    expect(source.totals.differences.map(({ file }) => file)).toEqual(
      Array<string>(3).fill(at('june.csv')),
    );
    expectLinesToAddUp(source);
  });

  it('of amounts in decimals that were rounded adds up', async () => {
    const lines = Array.from({ length: 30 }, (_, i) => `c${i},${100 + i},${i},0.33`);
    const found = await totalsOf([...lines, 'Everything,3435,435,10.00'], 'Name,Impr.,Clicks,Cost');
    expect(found.lines).toEqual([32]);
  });

  it('in numbers of the file’s own marks adds up', async () => {
    const lines = ['Hafen;1.640;31', 'Fjord;820;12', 'Kai;1.100;9', 'Konto Nord;3.560;52'];
    const { source, columns } = await open(['Kampagne;Impr.;Klicks', ...lines].join('\n'));
    expect(source.totals.rows.map(({ line }) => line)).toEqual([5]);
    expect(columns['Impr.']).toEqual([1640, 820, 1100]);
  });

  it('is found in a large table, too', async () => {
    const lines = Array.from({ length: 100_500 }, (_, i) => `c${i},d${i % 7},10,1`);
    const found = await totalsOf(
      [...lines, 'Total: all,--,1005000,100500'],
      'Name,Device,Impressions,Clicks',
    );
    expect(found.lines).toEqual([100_502]);
    expect(found.differences).toEqual([]);
  });
});

describe('the sums of the rows that are kept', () => {
  it('are said where they differ from the total, by how much and in which column', async () => {
    const { source, differences } = await totalsOf([...days, ',Total: Account,--,6010,150,39.00']);
    expect(differences).toEqual([
      { file: at('export.csv'), line: 7, column: 'Impressions', total: 6010, sum: 5010 },
      { file: at('export.csv'), line: 7, column: 'Clicks', total: 150, sum: 120 },
      { file: at('export.csv'), line: 7, column: 'Cost', total: 39, sum: 40 },
    ]);
    const said = source.notes.join('\n');
    expect(said).toMatch(/1 row sums up others and is left out \(line 7: Total: Account\)/);
    expect(said).toMatch(/Impressions is 6,010 there, 5,010 in the rows: 1,000 are missing/);
    expect(said).toMatch(/Cost is 39 there, 40 in the rows: 1 are too many/);
  });

  it('are said to be what was compared where they agree', async () => {
    const { source } = await totalsOf([...days, total(',Total: Account,--')]);
    expect(describeTotals(source.totals).join('\n')).toMatch(
      /Impressions, Clicks, Cost of the rows that are kept add up to it/,
    );
  });
});

describe('no total is', () => {
  it.each<[string, string, string[]]>([
    [
      'a campaign that is called so',
      'Campaign,Impressions,Clicks',
      ['Total Recall,900,9', 'Total Recall 2,1400,5', 'Sum 41,300,6', 'Mill,2700,20'],
    ],
    [
      'the keyword of a brand',
      'Keyword,Impressions,Clicks',
      ['petrol,5000,100', 'total,400,30', 'diesel,3000,60'],
    ],
    [
      'a keyword with other keys',
      'Day,Keyword,Impressions,Clicks',
      ['2026-05-01,total,5000,100', '2026-05-02,total,3000,90', '2026-05-01,fuel,100,1'],
    ],
    [
      'a row that equals the others in one column',
      'Campaign,Impressions,Clicks',
      ['Mill,1000,40', 'Pier,2000,50', 'Quay,1500,60', 'Lane,4500,61'],
    ],
    [
      'one of three rows',
      'Campaign,Impressions,Clicks',
      ['Mill,1000,40', 'Pier,2000,50', 'Quay,3000,90'],
    ],
    [
      'a cell of days by campaigns whose figures happen to add up',
      'Day,Campaign,Impressions,Clicks',
      [
        '2026-05-01,Mill,1000,40',
        '2026-05-01,Pier,1000,40',
        '2026-05-02,Mill,1000,40',
        '2026-05-02,Pier,3000,120',
      ],
    ],
    [
      'a row without a name that is smaller than others',
      'Campaign,Impressions,Clicks',
      ['Mill,1000,40', 'Pier,2000,50', ',300,4', 'Quay,3000,90'],
    ],
    [
      'a row without a name among others',
      'Device,Impressions,Clicks',
      ['mobile,3000,40', ',6000,50', 'desktop,2000,31', 'tablet,500,3'],
    ],
    [
      'a row of a click log',
      'publisher,device,clicked',
      ['a,mobile,1', 'b,mobile,0', ',,1', 'a,,0', ',,0', 'b,desktop,1', 'c,tablet,0'],
    ],
    [
      'an id that adds up',
      'Campaign ID,Ad ID,Impressions,Clicks',
      ['1000,1,500,5', '2000,2,600,6', '3000,3,700,7', '6000,6,900,8'],
    ],
    [
      'a campaign whose label is empty as most are',
      'Campaign,Label,Impressions,Clicks',
      ['Total Care,,900,9', 'Mill,x,700,7', 'Pier,,600,5', 'Quay,,4600,45', 'Lane,,800,6'],
    ],
  ])('%s', async (_, header, lines) => {
    const found = await totalsOf(lines, header);
    expect(found.lines).toEqual([]);
    expect(Object.values(found.columns)[0]).toHaveLength(lines.length);
  });

  it('a word for it alone, if nothing bears it out: it is kept, and that is said', async () => {
    const lines = ['petrol,5000,100', 'total,400,30', 'diesel,3000,60'];
    const { source, doubtful } = await totalsOf(lines, 'Keyword,Impressions,Clicks');
    expect(doubtful).toEqual([3]);
    expect(source.notes.join('\n')).toMatch(/line 3: total says "total", but sums up nothing/);
  });
});

it.each([
  ['Total', 'surely'],
  ['Total: Search', 'surely'],
  ['Total of 41 results', 'surely'],
  ['Total 41 results', 'surely'],
  ['合計（3件）', 'surely'],
  ['Mill Total', 'perhaps'],
  ['Total Recall', 'perhaps'],
  ['Total 90', 'perhaps'],
  ['Totally Free', 'no'],
  ['Summer', 'no'],
  ['Somma Lombardo', 'perhaps'],
  ['全体会議', 'perhaps'],
  ['Harbour', 'no'],
  ['', 'no'],
])('%j says %s that it is a total', (cell, answer) => expect(saysTotal(cell)).toBe(answer));

describe('a value for all others', () => {
  it('is a total where it has what they have', async () => {
    const { source, columns } = await open(
      table(
        'Campaign,Device,Impressions,Clicks',
        ...['Mill', 'Pier', 'Fen'].flatMap((campaign, c) => [
          `${campaign},Mobile,${1000 + 7 * c},30`,
          `${campaign},Desktop,${500 + 3 * c},10`,
          `${campaign},Tablet,${300 + c},4`,
          `${campaign},All devices,${1800 + 11 * c},44`,
        ]),
      ),
    );
    expect(columns.Device).not.toContain('All devices');
    expect(source.totals.rows).toHaveLength(3);
  });

  it('is a name where it has less', async () => {
    const brands = ['Agip', 'Esso', 'Jet', 'Shell', 'Star'].map(
      (brand, b) => `${brand},${1600 + 9 * b},4${b}`,
    );
    const { columns } = await open(table('Brand,Impressions,Clicks', ...brands, 'Total,1759,47'));
    expect(columns.Brand).toContain('Total');
  });

  it('is found in the columns that somebody says count', async () => {
    const rows = ['А;Мельница;3822;82', 'Б;Пирс;2100;40', 'В;Дюна;900;31', 'Итого;;6822;153'];
    const text = table('Кампания;Группа;Показы;Клики', ...rows);
    const told = { impressions: 'Показы', clicks: 'Клики' };
    expect((await open(text, told)).source.totals.rows).toHaveLength(1);
  });
});
