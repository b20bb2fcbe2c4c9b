import { readFile, writeFile } from 'node:fs/promises';
import { testFolder } from '../reading.js';
import { adscale } from '../run.js';
import { StandIn } from '../service/stand-in.js';

const at = testFolder();
let service: StandIn;

beforeEach(async () => (service = await StandIn.start(at('models'))));
afterEach(() => service.stop());

/** A German export: title, decimal commas, points between thousands, and a total at the end. */
function report(rows: readonly string[]): string {
  const lines = ['Anzeigenbericht', 'Tag;Kampagne;Gerät;Impr.;Klicks;Kosten', ...rows];
  return `${lines.join('\n')}\n`;
}

const july = (day: number, device: string, impressions: string, clicks: number): string =>
  `${String(day).padStart(2, '0')}.07.2026;Küche;${device};${impressions};${clicks};12,50`;

const ROWS = Array.from({ length: 28 }, (_, d) => [
  july(d + 1, 'Mobil', '1.200', 60 + (d % 5)),
  july(d + 1, 'Computer', '800', 16 + (d % 3)),
]).flat();

async function trained(): Promise<void> {
  await writeFile(at('report.csv'), report(ROWS));
  const args = ['train', at('report.csv'), '--yes', '--no-report', '--trees', '3', '--json'];
  const { status, stderr } = await adscale([...args, '-o', at('models')]);
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
}

async function outcomes(...args: string[]) {
  const flags = args.includes('--url') ? [] : ['--url', service.url];
  const { status, stdout, stderr } = await adscale(['outcomes', ...args, ...flags, '--json']);
  return { status, stderr, document: stdout === '' ? undefined : JSON.parse(stdout) };
}

describe('adscale outcomes', () => {
  it('sends an export as it was written, asks the service what a record is, and sends it twice for nothing', async () => {
    await trained();
    const sent = await outcomes(at('report.csv'), '--key', 'k');
    expect(sent).toMatchObject({
      status: 0,
      document: {
        outcomes: 56,
        impressions: 56_000,
        spend: 700,
        days: 28,
        key: ['Gerät', 'Kampagne'],
        sent: { accepted: 56, new: 56, restated: 0, unchanged: 0, rejected: 0 },
      },
    });
    const [first] = service.outcomes.values();
    expect(first).toMatchObject({
      period: '2026-07-01',
      impressions: 1200,
      clicks: 60,
      spend: 12.5,
      campaign: 'Küche',
      record: { gerat: 'Mobil' },
    });
    expect(service.asked.every(({ key }) => key === 'k')).toBe(true);
    const again = await outcomes(at('report.csv'));
    expect(again.document.sent).toMatchObject({ accepted: 56, new: 0, unchanged: 56 });
  });

  it('replaces a day that was restated, whatever its counts are by then', async () => {
    await trained();
    await outcomes(at('report.csv'));
    const newer = [july(28, 'Mobil', '1.300', 71), july(29, 'Mobil', '1.100', 50)];
    await writeFile(at('later.csv'), report(newer));
    const { document } = await outcomes(at('later.csv'));
    expect(document.sent).toMatchObject({ accepted: 2, new: 1, restated: 1 });
    expect(service.outcomes.size).toBe(57);
  });

  it('lets figures go back where --until says that they are the newest, and else says that they do not count', async () => {
    await trained();
    const [before, after] = [at('before.csv'), at('after.csv')];
    await writeFile(before, report([july(28, 'Mobil', '1.200', 60)]));
    await writeFile(after, report([july(28, 'Mobil', '1.200', 66)]));
    await outcomes(before);
    await outcomes(after);
    const old = await adscale(['outcomes', before, '--url', service.url]);
    expect(old.stdout).toMatch(/^outdated {9}1 of the unchanged: .* --until says so$/m);
    const { document } = await outcomes(before, '--until', '2026-08-01T10:00:00+02:00');
    expect(document.sent).toMatchObject({ restated: 1, outdated: 0 });
    const [kept] = service.outcomes.values();
    expect(kept).toMatchObject({ clicks: 60, until: '2026-08-01T08:00:00.000Z' });
    for (const wrong of ['2026-02-30T10:00:00Z', '2999-01-01T00:00:00Z', '2026-08-01']) {
      const { status, stderr } = await outcomes(before, '--until', wrong);
      expect([status, stderr]).toEqual([2, expect.stringMatching(/wanted a moment of the past/)]);
    }
  });

  it('sends nothing that was sent under other keys, unless told that it is something else', async () => {
    await trained();
    await outcomes(at('report.csv'));
    const renamed = [at('report.csv'), '--key-column', 'Kampagne'];
    const { status, stderr } = await outcomes(...renamed);
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/56 of the first 56 outcomes say .* one of day, Kampagne: .*twice/),
    ]);
    expect(service.outcomes.size).toBe(56);
    const { document } = await outcomes(...renamed, '--other-rows');
    expect(document.sent).toMatchObject({ new: 56 });
  });

  it('adds up rows of one day and record, and leaves the total out', async () => {
    await trained();
    const rows = [july(1, 'Mobil', '100', 5), july(1, 'Mobil', '50', 2), july(2, 'Mobil', '10', 1)];
    await writeFile(at('few.csv'), report([...rows, 'Gesamt;--;--;160;8;37,50']));
    const { document } = await outcomes(at('few.csv'));
    expect([document.outcomes, document.impressions, document.clicks]).toEqual([2, 160, 8]);
    const [first] = service.outcomes.values();
    expect(first).toMatchObject({ impressions: 150, clicks: 7, spend: 25 });
  });

  it('tells what is rejected by its line, and fails', async () => {
    await trained();
    service.check = ({ clicks }) =>
      clicks === 61 ? 'clicks is 61; it must be another' : undefined;
    const { status, stdout, stderr } = await adscale([
      ...['outcomes', at('report.csv'), '--url', service.url],
    ]);
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining('6 of 56 outcomes were rejected'),
    ]);
    expect(stdout).toMatch(/^ {2}line 5: clicks is 61; it must be another$/m);
    service.check = () => 'clicks is too many';
    const none = await outcomes(at('report.csv'));
    expect(none.document.sent).toMatchObject({ accepted: 0, rejected: 56 });
    expect(none.document.sent.rejections[1]).toEqual({
      where: 'line 4',
      errors: [{ field: 'clicks', message: 'clicks is too many' }],
    });
  });

  it('sends nothing in a dry run, and needs no service beside a registry', async () => {
    await trained();
    const flags = ['--dry-run', '-m', at('models'), '--url', 'http://127.0.0.1:9'];
    const { status, document } = await outcomes(at('report.csv'), ...flags);
    expect([status, document.dry_run, document.sent, document.outcomes]).toEqual([
      0,
      true,
      null,
      56,
    ]);
    expect(document.examples).toHaveLength(3);
    expect(service.asked).toEqual([]);
  });

  it('takes a table of the default model, and one day for all rows', async () => {
    await adscale(['train', '--rows', '300', '--trees', '2', '--no-report', '-o', at('models')]);
    await adscale(['generate', '--rows', '20', '--seed', '9', '-o', at('ads.csv')]);
    const undated = await outcomes(at('ads.csv'));
    expect([undated.status, undated.stderr]).toEqual([
      2,
      expect.stringMatching(/wanted one by --time, or one day for all rows by --period/),
    ]);
    const { document } = await outcomes(at('ads.csv'), '--period', '2026-03-01');
    const lines = (await readFile(at('ads.csv'), 'utf8')).trim().split('\n');
    expect([document.outcomes, document.from]).toEqual([lines.length - 1, '2026-03-01']);
    const [impressions, position, device, budget, clicks] = lines[1].split(',');
    expect([...service.outcomes.values()][0]).toMatchObject({
      period: '2026-03-01',
      record: {
        ...{ impressions: Number(impressions), ad_position: Number(position) },
        ...{ device_type: device, budget: Number(budget) },
      },
      clicks: Number(clicks),
    });
  });

  it.each([[[]], [['--impressions', 'Einblendungen', '--clicks', 'Klicks']]])(
    'reads a feature off the column that counts, where it has another name: %j',
    async (flags) => {
      await adscale(['train', '--rows', '300', '--trees', '2', '--no-report', '-o', at('models')]);
      const counted = flags[1] ?? 'Impressionen';
      const lines = [
        'Bericht;;;;;',
        '01.11.2026 - 02.11.2026;;;;;',
        `Tag;device_type;ad_position;budget;${counted};Klicks`,
        '01.11.2026;mobile;2;4.674,59;5.402;270',
        '13.11.2026;desktop;8;6.713,25;4.863;243',
        'Gesamt;;;;10.265;513',
      ];
      await writeFile(at('report.csv'), `${lines.join('\n')}\n`);
      const { status, stderr, document } = await outcomes(at('report.csv'), ...flags);
      expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
      expect(document).toMatchObject({ outcomes: 2, impressions: 10_265, clicks: 513 });
      expect([...service.outcomes.values()][0]).toMatchObject({
        record: { impressions: 5402, ad_position: 2, device_type: 'mobile', budget: 4674.59 },
        ...{ period: '2026-11-01', impressions: 5402, clicks: 270 },
      });
    },
  );

  it.each([
    [['--spend', 'Nothing'], /--spend: got Nothing, wanted one of the columns Tag, Kampagne/],
    [['--period', '2026-02-31'], /wanted a day as 2026-03-01/],
    [['--clicks', 'Nope'], /--clicks: got Nope, wanted one of the columns/],
    [['--url', 'ftp://x'], /wanted a URL such as http/],
  ])('%j is refused with exit status 2', async (flags, message) => {
    await trained();
    const { status, stderr } = await outcomes(at('report.csv'), ...flags);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
    expect(service.outcomes.size).toBe(0);
  });
});
