import { temporaryStore } from '../store/temporary.js';
import { GatedService, soon } from './gated-service.js';

const DAY_MS = 86_400_000;
/** The clock hardly moves from noon, so that no day ends in the middle of a test. */
let now = Math.floor(Date.now() / DAY_MS) * DAY_MS + DAY_MS / 2;
beforeAll(() => void jest.spyOn(Date, 'now').mockImplementation(() => ++now));
afterAll(() => jest.restoreAllMocks());

let service: GatedService;
const canary = () => service.canary();
const logged = (message: string) => service.api.logs.filter(({ msg }) => msg === message);

beforeEach(async () => {
  service = await GatedService.start(temporaryStore());
});
afterEach(() => service.close());

const events = async () => {
  const { history } = await service.trial();
  return history.map(({ event, percent }: { event: string; percent: number }) => [event, percent]);
};

describe('a gated canary that is put again', () => {
  it('is replaced by the next one, which begins anew and keeps what was before', async () => {
    await service.begin().expect(200);
    await service.tell(service.second, 1);
    await service.look();
    const again = await service.begin({ ...soon, steps: [10, 50, 100] }, { percent: 50 });
    expect(again.body.canary).toEqual({ version: service.second, percent: 50 });
    const { history, gate, begun_at } = await service.trial();
    expect(gate).toMatchObject({ ...soon, steps: [10, 50, 100], alpha: 0.05 });
    expect(begun_at).toBe(history.at(-1).at);
    const before = [
      ['begun', 1],
      ['grown', 5],
      ['ended', 0],
    ];
    expect(await events()).toEqual([...before, ['begun', 50]]);
    expect(history[1].evidence.clicks).toBeGreaterThan(0);
    await service.ask('post', '/models/canary/abort').expect(200);
    await service.begin().expect(200);
    expect(await events()).toEqual([...before, ['begun', 50], ['aborted', 0], ['begun', 1]]);
    expect(logged('trial begun')).toHaveLength(3);
  });

  it('goes on as it is when it is asked for again just so, and keeps its evidence', async () => {
    await service.begin().expect(200);
    await service.tell(service.second, 1);
    await service.look();
    const before = await service.trial();
    expect([before.percent, before.evidence.clicks]).toEqual([5, expect.any(Number)]);
    const canary = { version: service.second, percent: 5 };
    for (const more of [{}, { percent: 5 }]) {
      const again = await service.begin(soon, more).expect(200);
      expect(again.body).toMatchObject({ serving: service.first, canary });
    }
    const { begun_at, since, evidence, history } = await service.trial();
    expect(before).toMatchObject({ begun_at, since, evidence, history });
    await service.ask('post', '/models/canary/hold').expect(200);
    await service.ask('post', '/models/canary/hold').expect(200);
    await service.begin().expect(200);
    expect((await service.trial()).status).toBe('held');
    for (let i = 0; i < 2; i++) await service.ask('post', '/models/canary/resume').expect(200);
    // A step that is named is begun with, if it is another one.
    await service.begin(soon, { percent: 1 }).expect(200);
    expect(await events()).toEqual([
      ...[
        ['begun', 1],
        ['grown', 5],
        ['held', 5],
        ['resumed', 5],
      ],
      ...[
        ['ended', 0],
        ['begun', 1],
      ],
    ]);
  });

  it('begins anew when somebody has ended it meanwhile without the service', async () => {
    await service.begin().expect(200);
    await service.registry.setTrial('canary', null);
    await service.begin().expect(200);
    expect(await canary()).toEqual({ version: service.second, percent: 1 });
    expect(await events()).toEqual([
      ['begun', 1],
      ['ended', 0],
      ['begun', 1],
    ]);
  });
});

it('an operator’s word needs no body, whatever a client says of one', async () => {
  const word = async (method: 'post' | 'delete', path: string, ...more: string[]) => {
    const asked = service.ask(method, path).set('content-type', 'application/json');
    if (more.length > 0) asked.set('transfer-encoding', 'chunked');
    return (await asked.expect(200)).body;
  };
  await service.begin().expect(200);
  expect((await word('post', '/models/canary/hold')).status).toBe('held');
  expect((await word('post', '/models/canary/resume', 'chunked')).status).toBe('running');
  expect((await word('post', '/models/canary/abort')).status).toBe('aborted');
  await service.begin().expect(200);
  expect((await word('post', '/models/canary/promote')).status).toBe('promoted');
  expect((await word('post', '/models/rollback')).serving).toBe(service.first);
  expect((await word('post', `/models/${service.second}/promote`)).serving).toBe(service.second);
  expect((await word('delete', '/models/canary')).canary).toBeNull();
  expect((await word('delete', '/models/shadow')).shadow).toBeNull();
  const none = service.ask('put', '/models/canary').set('content-type', 'application/json');
  expect((await none.expect(400)).body.code).toBe('MALFORMED_JSON');
});
