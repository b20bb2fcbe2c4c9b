import { createWriteStream } from 'node:fs';
import { gzipSync } from 'node:zlib';
import iconv from 'iconv-lite';
import { contentOf, encodingOf } from '../../src/source/encoding.js';
import { adscale, makePipe } from '../run.js';
import { expectLinesToAddUp, sharedOpener } from './opened.js';

const { open, openAt, at } = sharedOpener();

const rows = (header: string, ...names: string[]): string =>
  [header, ...names.flatMap((name, n) => [`2026-06-0${n + 1};${name};${700 + n};${30 + n}`])].join(
    '\n',
  );

/** Exports as spreadsheets of these countries write them. */
const legacy: [encoding: string, text: string][] = [
  ['windows-1252', rows('Tag;Kampagne;Impressionen;Klicks', 'Käse – süß', 'Größe 5 €', 'Öl')],
  ['windows-1252', rows('Jour;Campagne;Impressions;Clics', 'Été à la mer', 'Forêt', 'Noël…')],
  ['windows-1252', rows('Día;Campaña;Impresiones;Clics', 'Otoño', 'Niños', 'Jardín')],
  ['windows-1250', rows('Dzień;Kampania;Wyświetlenia;Kliknięcia', 'Łódź', 'Żółw', 'Świeże')],
  ['windows-1250', rows('Dzień;Kampania;Wyświetlenia;Koszt', 'Wiosna', 'Źródło', 'Gdańsk')],
  ['windows-1251', rows('Day;Campaign;Impressions;Clicks', 'Весна в городе', 'Мебель', 'Чайник')],
  ['windows-1254', rows('Gün;Kampanya;Gösterim;Tıklamalar', 'İstanbul', 'Şeker', 'Çiçek ağacı')],
  ['shift_jis', rows('日;キャンペーン名;表示回数;クリック数', '春のセール', '湯呑み', '自転車')],
  ['shift_jis', rows('Day;Campaign;Impressions;Clicks', '夏の旅行', 'ソファー', '予約する')],
  ['gb18030', rows('日期;广告系列;展示次数;点击次数', '夏季促销', '自行车', '茶壶')],
  ['gb18030', rows('Day;Campaign;Impressions;Clicks', '新用户注册活动', '家具', '电影票')],
  ['euc-kr', rows('날짜;캠페인 이름;노출수;클릭수', '여름 세일', '자전거', '주전자')],
];

describe('the encoding of a text', () => {
  it.each(legacy)('is found out to be %s, and said: %s', async (encoding, text) => {
    const { source, columns } = await open(iconv.encode(text, encoding));
    const [header, ...lines] = text.split('\n').map((line) => line.split(';'));
    expect(Object.keys(columns)).toEqual(header);
    expect(columns[header[1]]).toEqual(lines.map(([, name]) => name));
    expect(source.layouts[0].written).toBe(encoding);
    expect(source.notes.join('\n')).toContain(`read as ${encoding}`);
    expectLinesToAddUp(source);
  });

  it.each(['utf-8', 'utf-16le', 'utf-16be'])('%s is read with a mark and without', async (name) => {
    const text = rows('Day;Campaign;Impressions;Clicks', 'Läufer', '東京', 'Łoś');
    for (const mark of ['', '\ufeff']) {
      const { source, columns } = await open(iconv.encode(mark + text, name));
      expect(Object.keys(columns)).toEqual(['Day', 'Campaign', 'Impressions', 'Clicks']);
      expect(columns.Campaign).toEqual(['Läufer', '東京', 'Łoś']);
      expect(columns.Clicks).toEqual([30, 31, 32]);
      expect(source.layouts[0].written).toBe(name);
    }
  });

  it('is the one that is told, and one that nobody knows is refused', async () => {
    const bytes = iconv.encode(rows('Day;Name;Impressions;Clicks', 'Ôde', 'Žár'), 'windows-1252');
    const told = await open(bytes, { encoding: 'windows-1250' });
    expect(told.columns.Name).toEqual(['Ôde', 'Žár']);
    expect(told.source.notes).toEqual([]);
    expect(() => encodingOf(bytes, 'klingon')).toThrow(/--encoding: got klingon, wanted utf-8/);
  });

  it('is still UTF-8 where a character is cut at the end of what is looked at', () => {
    const bytes = Buffer.from('Campaign;Impressions\nGrün;5\nÜber;7€', 'utf8');
    expect(encodingOf(bytes.subarray(0, bytes.length - 1))).toEqual({
      name: 'utf-8',
      guessed: false,
    });
  });
});

/** One word is all that a file has beyond ASCII. */
it.each([
  ['windows-1252', 'Größe,naïve,Köb,£9,±5°,Malmö,Señor,São Paulo,Crème brûlée,Café,l’été,Ærø'],
  ['windows-1250', 'Łódź,Źródło,Őszi akció,Příběh,Żółty kubek,Śniadanie,Česko'],
  ['windows-1251', 'Скидки,Москва,Чайник для дома,Летняя распродажа'],
  ['windows-1254', 'Şeker,İstanbul,Ağaç,Kış indirimi,Işık,Güneş,Öğrenci'],
  ['shift_jis', '東京,カメラ,自転車,ブランド 夏'],
  ['gb18030', '自行车,新用户,促销活动,夏季'],
  ['euc-kr', '여름,자전거,신규 고객'],
  ['big5', '夏季促銷,自行車,新用戶註冊'],
])('%s is found out by one word: %s', (encoding, words) => {
  for (const word of words.split(',')) {
    const rows = [1, 2, 3, 4].map((n) => `2026-05-0${n},${word},${700 + n},${30 + n}`);
    const bytes = iconv.encode(['Day,Campaign,Impr.,Clicks', ...rows].join('\n'), encoding);
    const found = iconv.decode(bytes, encodingOf(bytes).name).split('\n')[1];
    expect(found).toBe(rows[0]);
  }
});

/** A long file without anything beyond ASCII below its header. */
const longRows = (header: string): string =>
  [header, ...Array.from({ length: 900 }, (_, n) => `2026-06-01;mobile;${700 + n};30`)].join('\n');

it.each([
  ['windows-1252', 'Tag;Gerät;Impressionen;Klicks'],
  ['windows-1252', 'Fecha;Campaña;Impr.;Clics'],
  ['windows-1252', 'Jour;Appareil;Impressions;Coût'],
  ['utf-8', 'Tag;Gerät;Impressionen;Klicks'],
])('%s is found out by one character in the header of a long file: %s', (encoding, header) => {
  const bytes = iconv.encode(longRows(header), encoding);
  expect(iconv.decode(bytes, encodingOf(bytes).name).split('\n')[0]).toBe(header);
});

it('is UTF-8 in spite of one stray byte, where another character says so', () => {
  const text = Buffer.from(`${longRows('Tag;Gerät;Impressionen;Klicks')}\nTablet `, 'utf8');
  const bytes = Buffer.concat([text, Buffer.from([0xe4]), Buffer.from(';1;1')]);
  expect(encodingOf(bytes).name).toBe('utf-8');
});

describe('the content of a file', () => {
  it('is told by its bytes, not by its name', async () => {
    const text = rows('Day;Campaign;Impressions;Clicks', 'Attic', 'Cellar');
    const packed = await open(gzipSync(text), {}, 'export.csv');
    const plain = await open(text, {}, 'export.csv.gz');
    for (const { source, columns } of [packed, plain]) {
      expect(columns.Campaign).toEqual(['Attic', 'Cellar']);
      expect(source.layouts[0].counts.lines).toBe(3);
    }
    const wide = await open(gzipSync(iconv.encode(text, 'utf-16le')), {}, 'export.tsv');
    expect(wide.columns.Impressions).toEqual([700, 701]);
    const json = '{"day":"2026-06-01","impressions":5,"clicks":1}\n';
    const objects = await open(json + json, {}, 'export.txt');
    expect(objects.columns).toEqual({
      day: ['2026-06-01 00:00:00', '2026-06-01 00:00:00'],
      impressions: [5, 5],
      clicks: [1, 1],
    });
  });

  it('of packed and of wide JSON is told by its bytes, and its lines are counted', async () => {
    const json = '{"impressions":5,"clicks":1}\n\n{"impressions":7,"clicks":2}\n';
    for (const bytes of [gzipSync(json), iconv.encode(`\ufeff${json}`, 'utf-16le')]) {
      const { columns } = await open(bytes, {}, 'objects.txt');
      expect(columns).toEqual({ impressions: [5, 7], clicks: [1, 2] });
    }
  });

  it.each([
    ['xlsx', Buffer.from('PK\u0003\u0004', 'latin1')],
    ['parquet', Buffer.from('PAR1')],
    ['json', Buffer.from('  {"a": 1}')],
    ['json', Buffer.from('[\n{"a": 1}]')],
    ['text', Buffer.from('[430011],5')],
    ['text', Buffer.from('Day,Clicks')],
  ])('%s', (content, bytes) => expect(contentOf(bytes)).toBe(content));

  it('that cannot be unpacked is refused by name', async () => {
    const cut = gzipSync(rows('Day;Campaign;Impressions;Clicks', 'Attic')).subarray(0, 40);
    await expect(open(cut, {}, 'cut.gz')).rejects.toThrow(/cut\.gz: unexpected end of file/);
  });
});

describe('what can be read only once', () => {
  const text = rows('Day;Campaign;Impressions;Clicks', 'Attic', 'Cellar', 'Attic');

  it('is read from a named pipe', async () => {
    makePipe(at('pipe'));
    const opening = openAt([at('pipe')]);
    createWriteStream(at('pipe')).end(gzipSync(text));
    const { source, columns } = await opening;
    expect(columns.Campaign).toEqual(['Attic', 'Cellar', 'Attic']);
    expect(source.files[0].path).toBe(at('pipe'));
  });

  it.each(['-', '/dev/stdin'])('is read from standard input: %s', async (name) => {
    const args = ['inspect', name, '-o', at(`${name.length}.yaml`)];
    const piped = await adscale(args, (child) => child.stdin!.end(text));
    expect(piped.status).toBe(0);
    expect(piped.stdout).toMatch(/Impressions/);
  });
});
