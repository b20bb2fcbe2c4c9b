import request, { type Test } from 'supertest';
import { type RunningApp, runApp, sample } from '../running-app.js';
import { modelFolder } from '../trained-models.js';

let api: RunningApp;
beforeAll(async () => {
  api = await runApp({ MODEL_DIR: await modelFolder() });
});
afterAll(() => api.close());

async function timesOf(sent: Test): Promise<[name: string, milliseconds: number][]> {
  const { headers } = await sent.set('x-server-timing', '1');
  return headers['server-timing'].split(', ').map((part: string) => {
    const [, name, milliseconds] = /^(\w+);dur=(\d+\.\d{3})$/.exec(part)!;
    return [name, Number(milliseconds)];
  });
}

describe('server-timing', () => {
  it('is told to who asks for it: what it waited for, what it took, and both', async () => {
    for (const path of ['/predict_ctr', '/predict_ctr?explain=true']) {
      const times = await timesOf(request(api.server).post(path).send(sample));
      expect(times.map(([name]) => name)).toEqual(['body', 'answer', 'total']);
      const [body, answer, total] = times.map(([, milliseconds]) => milliseconds);
      expect(total).toBeCloseTo(body + answer, 2);
    }
    const [[name, total]] = await timesOf(api.get('/stats'));
    expect([name, total > 0]).toEqual(['total', true]);
  });

  it('is told of refusals as well', async () => {
    expect((await timesOf(api.post({}))).map(([name]) => name)).toContain('total');
    expect((await timesOf(api.get('/nowhere'))).map(([name]) => name)).toEqual(['total']);
  });

  it('is not told to others, and changes nothing else', async () => {
    const plain = await api.post(sample).expect(200);
    expect(plain.headers).not.toHaveProperty('server-timing');
    const no = await api.post(sample).set('x-server-timing', '0').expect(200);
    expect(no.headers).not.toHaveProperty('server-timing');
    const timed = await api.post(sample).set('x-server-timing', '1').expect(200);
    expect(timed.body).toEqual(plain.body);
    const names = Object.keys(timed.headers).filter((name) => name !== 'server-timing');
    expect(names.sort()).toEqual(Object.keys(plain.headers).sort());
  });
});
