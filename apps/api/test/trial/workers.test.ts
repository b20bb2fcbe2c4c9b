import { Registry, defaultSchema } from '@adscale/ctr';
import { sample } from '../running-app.js';
import { Service } from '../service-process.js';
import { modelFolder, trainModel } from '../trained-models.js';
import { waitFor } from '../wait-for.js';
import { API_KEYS, KEY, outcomesOf, soon } from './gated-service.js';

const WORKERS = 2;
// A machine that is busy takes some seconds for each process.
jest.setTimeout(400_000);

let service: Service;
afterEach(() => service.kill('SIGKILL'));

/** A connection of its own each time, so that requests are spread over the workers. */
async function ask(method: string, path: string, body?: object): Promise<Response> {
  const answer = await fetch(`http://127.0.0.1:${service.port}${path}`, {
    method,
    headers: { 'content-type': 'application/json', 'x-api-key': KEY, connection: 'close' },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer;
}

interface Trial {
  readonly status: string;
  readonly percent: number;
  readonly history: readonly { readonly event: string; readonly percent: number }[];
}

it('a gated canary of two workers grows step by step and is promoted once, for both', async () => {
  const MODEL_DIR = await modelFolder();
  const registry = new Registry(MODEL_DIR);
  const { bytes, card } = await trainModel(defaultSchema, 0.6);
  const second = await registry.publish(bytes, card, { promote: false });
  const settings = { MODEL_DIR, API_KEYS, WORKERS: String(WORKERS), SHUTDOWN_DELAY_MS: '0' };
  service = new Service({ ...settings, MODEL_POLL_MS: '200' });
  service.port = Number((await service.logged('all workers are up')).port);

  await ask('PUT', '/models/canary', { version: second, gate: soon });
  const trial = async (): Promise<Trial> =>
    (await (await ask('GET', `/models/${second}/trial`)).json()) as Trial;
  for (const [times, percent] of [5, 25, 100].entries()) {
    await ask('POST', '/outcomes', await outcomesOf(registry, second, times + 1));
    await waitFor(`the canary to have ${percent} %`, async () => {
      const now = await trial();
      return now.percent === percent && (percent < 100 || now.status === 'promoted');
    });
  }

  const { history } = await trial();
  expect(history.map(({ event, percent }) => [event, percent])).toEqual([
    ['begun', 1],
    ['grown', 5],
    ['grown', 25],
    ['promoted', 100],
  ]);
  expect(await registry.current()).toBe(second);
  expect((await registry.rollout()).canary).toBeNull();
  // Connections go to the workers in turn.
  await waitFor('every worker to serve the new version', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => ask('POST', '/predict_ctr', sample)),
    );
    return answers.every(({ headers }) => headers.get('x-model-version') === second);
  });
  // Its log is complete when it has ended.
  service.kill('SIGTERM');
  expect(await service.ended()).toEqual([0, null]);
  const logged = (message: string) => service.lines.filter((line) => line.includes(message));
  expect(logged('"trial grown"')).toHaveLength(2);
  expect(logged('"trial promoted"')).toHaveLength(1);
});
