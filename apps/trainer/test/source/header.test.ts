import { nameColumns, nameKey, withoutUnit } from '../../src/source/header.js';
import { sharedOpener } from './opened.js';

const { open, openAt, at } = sharedOpener();

describe('names of columns', () => {
  it('lose the blanks around them', () => {
    const { columns } = nameColumns([' Day ', '\ufeffImpr.\u00a0', 'Link   clicks']);
    expect(columns.map(({ name }) => name)).toEqual(['Day', 'Impr.', 'Link clicks']);
  });

  it('that stand again get a number', () => {
    const { columns } = nameColumns(['Clicks', 'clicks', 'Clicks (2)', 'CLICKS ']);
    const names = columns.map(({ name }) => name);
    expect(names[0]).toBe('Clicks');
    expect(new Set(names.map(nameKey)).size).toBe(4);
  });

  it.each([
    ['CoÃ»t', 'Coût'],
    ['WyÅ›wietlenia', 'Wyświetlenia'],
    ['GÃ¶sterim', 'Gösterim'],
    ['Ã‰tÃ©', 'Été'],
    ['Impressões', 'Impressões'],
    ['Ã', 'Ã'],
    ['表示回数', '表示回数'],
  ])('%s is %s: letters that were encoded twice are mended', (written, meant) => {
    expect(nameColumns([written]).columns[0].name).toBe(meant);
    expect(nameColumns([written]).notes).toHaveLength(written === meant ? 0 : 1);
  });

  it.each([
    ['Amount spent (USD)', 'amount spent'],
    ['Start Date (in UTC)', 'start date'],
    ['Kosten [EUR]', 'kosten'],
    ['費用（円）', '費用'],
    ['ＣＴＲ', 'ctr'],
    ['Clicks', 'clicks'],
  ])('%s without its unit is %s', (name, bare) => expect(withoutUnit(name)).toBe(bare));
});

describe('a header that names a column twice', () => {
  it('is read once where the cells are equal', async () => {
    const text = 'Market,Market,Market,Impr.,Clicks\nDE,DE,DE,500,5\nFR,FR,FR,600,7\n';
    const { source, columns } = await open(text);
    expect(Object.keys(columns)).toEqual(['Market', 'Impr.', 'Clicks']);
    expect(source.notes.join('\n')).toMatch(/column Market stands twice with equal cells/);
  });

  it('is read twice where they differ, and that is said', async () => {
    const { source, columns } = await open('Value,Impr.,Clicks,Value\n1,500,5,3\n2,600,7,4\n');
    expect(columns).toMatchObject({ Value: [1, 2], 'Value (2)': [3, 4] });
    expect(source.notes.join('\n')).toMatch(/column Value stands twice.*Value \(2\)/);
  });
});

it('a column without a name and without cells is left out, one with cells is not', async () => {
  const { columns } = await open('Day,Impr.,Clicks,,\n2026-05-01,500,5,,x\n2026-05-02,600,7,,y\n');
  expect(Object.keys(columns)).toEqual(['Day', 'Impr.', 'Clicks', 'column 5']);
});

it('files of other months may write their names in another case and order', async () => {
  await open('Day,Campaign,Impr.,Clicks\n2026-05-01,Mill,500,5\n', {}, 'a.csv');
  await open('CLICKS,day,impr.,campaign\n7,2026-06-01,600,Pier\n', {}, 'b.csv');
  const { columns } = await openAt([at('a.csv'), at('b.csv')]);
  expect(columns).toEqual({
    Day: ['2026-05-01 00:00:00', '2026-06-01 00:00:00'],
    Campaign: ['Mill', 'Pier'],
    'Impr.': [500, 600],
    Clicks: [5, 7],
  });
});
