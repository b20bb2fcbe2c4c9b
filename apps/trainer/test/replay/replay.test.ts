import { testFolder } from '../reading.js';
import { adscale } from '../run.js';
import { StandIn } from '../service/stand-in.js';

const at = testFolder();
let service: StandIn;

beforeEach(async () => (service = await StandIn.start(at('models'))));
afterEach(() => service.stop());

const replay = (...args: string[]) => adscale(['replay', ...args, '--url', service.url]);

/** A decision of which nothing has come back. */
const decision = (id: string) => ({
  ...{ id, decision: 'rank', at: '2026-11-01T10:00:00.000Z', model_version: 'v1' },
  outcomes: {
    ...{ from: '2026-11-01', to: '2026-11-07', matched_by: null, impressions: 0, clicks: 0 },
  },
  unjudged: 'nothing came of it',
});

describe('adscale replay', () => {
  it('tells of the decisions that there are beside one that is not, and fails', async () => {
    for (const id of ['a', 'b']) service.decisions.set(id, decision(id));
    const told = await replay('a', 'nope', 'b');
    expect([told.status, told.stderr]).toEqual([
      1,
      expect.stringContaining('/decisions/nope: 404 Not found'),
    ]);
    expect(told.stdout).toMatch(/^rank a, [^]*^rank b, /m);
    const { status, stdout } = await replay('a', 'nope', '--json');
    expect([status, JSON.parse(stdout)]).toEqual([
      1,
      expect.objectContaining({
        decisions: [expect.objectContaining({ id: 'a' })],
        refused: [{ id: 'nope', message: expect.stringContaining('404') }],
      }),
    ]);
  });

  it.each([
    ['--since 2026-11-02 --until 2026-11-01', /--until: got 2026-11-01, wanted 2026-11-02/],
    ['a --since 2026-11-02', /got --since 2026-11-02 beside ids, wanted either/],
  ])('refuses a time that holds nothing, or counts for nothing: %s', async (flags, message) => {
    const { status, stdout, stderr } = await replay(...flags.split(' '));
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
    expect(service.asked).toEqual([]);
  });
});

it('adscale monitor refuses to watch without a pause', async () => {
  const { status, stderr } = await adscale(['monitor', '--watch', '0', '--url', service.url]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/wanted whole seconds, 1 or more/)]);
  expect(service.asked).toEqual([]);
});
