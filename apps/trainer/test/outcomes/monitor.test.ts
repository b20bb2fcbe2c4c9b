import { testFolder } from '../reading.js';
import { adscale } from '../run.js';
import { StandIn } from '../service/stand-in.js';

const at = testFolder();
let service: StandIn;

beforeEach(async () => (service = await StandIn.start(at('models'))));
afterEach(() => service.stop());

const overall = { impressions: 0, clicks: 0, expected: 0, factor: null, lower: 0, upper: null };
const monitoring = {
  ...{ from: '2026-02-02', to: '2026-03-01', made_at: '2026-03-01T12:34:56.000Z', overall },
  ...{ findings: [], models: [], causes: [], alerts: [] },
  deliveries: { waiting: 0, last_reason: null },
  left_out: { days: 0, impressions: 0 },
};
const effectiveness = { campaigns: [], placements: [], change: null };
const segments = {
  model_version: 'v1',
  causes: [],
  by_money: [],
  segments: [{ segment: 'a = b' }],
};

/** Has the service answer these, one after the other. */
const answer = (...documents: object[]): void => {
  service.refusals.push(...documents.map((body) => ({ status: 200, body: JSON.stringify(body) })));
};

const monitor = (...flags: string[]) => adscale(['monitor', '--url', service.url, ...flags]);

describe('adscale monitor', () => {
  it('gives machines what the API tells, every segment too, by the same question', async () => {
    answer(monitoring, effectiveness, segments);
    const flags = [
      '--from',
      '2026-02-02',
      '--young',
      'leave-out',
      '--alpha',
      '0.01',
      '--cpc',
      '0.4',
    ];
    const { status, stdout } = await monitor('--json', ...flags);
    expect([status, JSON.parse(stdout)]).toEqual([0, { monitoring, effectiveness, segments }]);
    const query = '?from=2026-02-02&young=leave-out&alpha=0.01&cpc=0.4';
    const paths = ['/monitoring', '/monitoring/effectiveness', '/monitoring/segments'];
    expect(service.asked.map(({ path }) => path)).toEqual(paths.map((path) => path + query));
  });

  it('asks for no segments where nobody reads them', async () => {
    answer(monitoring, effectiveness);
    const { status, stdout } = await monitor();
    expect([status, stdout]).toEqual([0, expect.stringContaining('2026-02-02 to 2026-03-01')]);
    expect(service.asked).toHaveLength(2);
  });

  it.each([
    ['--alpha', '0', /wanted a number above 0, at most 0.5/],
    ['--alpha', '0.6', /wanted a number above 0, at most 0.5/],
    ['--from', '2026-02-30', /wanted a day as 2026-03-01/],
  ])('%s %s is refused with exit status 2', async (flag, value, message) => {
    const { status, stderr } = await monitor(flag, value);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});
