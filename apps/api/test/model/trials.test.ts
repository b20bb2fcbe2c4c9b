import { rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Registry, defaultSchema } from '@adscale/ctr';
import { ModelFollower } from '../../src/model/follower.js';
import { ServedModel } from '../../src/model/served-model.js';
import { runApp, sample } from '../running-app.js';
import { otherSchema, trainModel } from '../trained-models.js';
import { TwoVersions } from '../two-versions.js';
import { waitFor } from '../wait-for.js';

let service: TwoVersions;
let folder: string;
let registry: Registry;
let first: string;
let second: string;

beforeEach(async () => {
  service = await TwoVersions.start();
  ({ folder, registry, first, second } = service);
});
afterEach(() => service.close());

describe.each(['canary', 'shadow'] as const)('PUT and DELETE /models/%s', (role) => {
  const path = `/models/${role}`;
  const trial = () => ({ version: second, percent: 12.5 });

  it('begins, changes and ends a trial', async () => {
    const begun = await service.ask('put', path, trial()).expect(200);
    expect(begun.body).toMatchObject({ serving: first, [role]: trial() });
    const listed = (await service.ask('get', '/models')).body.versions;
    expect(listed).toContainEqual(
      expect.objectContaining({ version: second, loaded: true, roles: [role] }),
    );
    const changed = await service.ask('put', path, { ...trial(), percent: 50 }).expect(200);
    expect(changed.body[role].percent).toBe(50);
    const ended = await service.ask('delete', path).expect(200);
    expect(ended.body[role]).toBeNull();
    expect((await service.ask('delete', path).expect(200)).body[role]).toBeNull();
    expect(service.logged('model on trial')).toEqual([
      expect.objectContaining({ role, model_version: second, percent: 12.5 }),
      expect.objectContaining({ role, model_version: second, percent: 50 }),
    ]);
    expect(service.logged('trial ended')).toEqual([expect.objectContaining({ role })]);
  });

  it('is known to all that share the folder, and after a restart', async () => {
    const other = await runApp({ MODEL_DIR: folder });
    await service.ask('put', path, trial()).expect(200);
    await other.app.get(ModelFollower).look();
    expect(other.app.get(ServedModel).trial(role)).toEqual(trial());
    await other.close();
    await service.restart();
    expect(service.served.trial(role)).toEqual(trial());
  });

  it('is over once the version is promoted, also after a roll-back', async () => {
    await service.ask('put', path, trial()).expect(200);
    const promoted = await service.ask('post', `/models/${second}/promote`).expect(200);
    expect(promoted.body).toMatchObject({ serving: second, [role]: null });
    const back = await service.ask('post', '/models/rollback').expect(200);
    expect(back.body).toMatchObject({ serving: first, [role]: null });
  });

  it('stays when another version becomes current', async () => {
    await service.ask('put', path, trial()).expect(200);
    const third = await trainModel(defaultSchema, 0.3);
    const version = await registry.publish(third.bytes, third.card);
    await service.look();
    const { body } = await service.ask('get', '/models');
    expect(body).toMatchObject({ serving: version, [role]: trial() });
  });

  it('refuses a body that breaks a rule, naming the field', async () => {
    const wrong: [string, object][] = [
      ['version', []],
      ['version', { percent: 5 }],
      ['version', { version: 7, percent: 5 }],
      ['percent', { version: 'x' }],
      ['percent', { version: 'x', percent: '5' }],
      ['percent', { version: 'x', percent: 0 }],
      ['percent', { version: 'x', percent: -1 }],
      ['percent', { version: 'x', percent: 100.1 }],
      ['(body)', { version: 'x', percent: 5, constructor: 1 }],
    ];
    for (const [field, body] of wrong) {
      const answer = await service.ask('put', path, body).expect(422);
      expect([body, answer.body.code]).toEqual([body, 'INVALID_TRIAL']);
      const { errors } = answer.body;
      expect([body, errors[0]]).toEqual([body, expect.objectContaining({ field })]);
    }
    expect(service.served.trial(role)).toBeNull();
  });

  it('refuses a version that is unknown, current, broken or of other features', async () => {
    const unknown = await service.ask('put', path, { version: '../x', percent: 5 }).expect(404);
    expect(unknown.body.code).toBe('MODEL_VERSION_UNKNOWN');
    const current = await service.ask('put', path, { version: first, percent: 5 }).expect(409);
    expect(current.body.detail).toContain(`it serves already; a ${role} is another version`);
    await truncate(service.fileOf(second, 'model.adsf'), 50);
    const broken = await service.ask('put', path, trial()).expect(409);
    expect(broken.body.detail).toContain('cannot be read');
    const { bytes, card } = await trainModel(otherSchema);
    const version = await registry.publish(bytes, card);
    await registry.promote(first);
    const other = await service.ask('put', path, { version, percent: 5 }).expect(409);
    expect(other.body.detail).toContain('feature impressions is missing');
    expect(service.served.trial(role)).toBeNull();
    await service.expectNothingChanged();
  });

  it('refuses a trial while there is nothing to try it beside', async () => {
    await rm(join(folder, 'current'));
    await service.restart();
    const { body } = await service.ask('put', path, trial()).expect(503);
    expect(body.code).toBe('MODEL_NOT_LOADED');
  });

  it('is passed over once it is current where the file cannot be written', async () => {
    await service.ask('put', path, trial()).expect(200);
    const denied = Object.assign(new Error('EROFS'), { code: 'EROFS' });
    const write = jest.spyOn(Registry.prototype, 'endTrials').mockRejectedValue(denied);
    await registry.promote(second);
    await service.look();
    write.mockRestore();
    expect(service.served.trial(role)).toBeNull();
    await service.expectServing(second);
    expect(service.logged('model refused')).toEqual([]);
  });

  it('tries nothing, and logs why once, when what the folder says cannot be tried', async () => {
    await service.ask('put', path, trial()).expect(200);
    const refused = () => service.logged('model refused');
    await writeFile(join(folder, 'rollout.json'), '{"canary": 5, "shadow": 5}');
    await service.look();
    await service.look();
    expect(service.served.trial(role)).toEqual(trial());
    expect(refused()).toEqual([
      expect.objectContaining({ role: 'rollout', reason: expect.stringContaining('rollout.json') }),
    ]);
    const gone = { version: 'gone', percent: 5 };
    await writeFile(join(folder, 'rollout.json'), JSON.stringify({ [role]: gone }));
    await service.look();
    await service.look();
    expect(service.served.trial(role)).toBeNull();
    expect(refused()).toHaveLength(2);
    expect(refused()[1]).toMatchObject({ role, refused_version: 'gone', serving: first });
    await service.expectNothingChanged();
  });
});

describe('GET /stats', () => {
  const modelsNow = async (): Promise<Map<string, Record<string, Record<string, unknown>>>> => {
    const { body } = await service.ask('get', '/stats').expect(200);
    return new Map(body.models.map((model: { version: string }) => [model.version, model]));
  };

  it('tells the answers of both models apart while there is a canary', async () => {
    await service.ask('put', '/models/canary', { version: second, percent: 40 }).expect(200);
    const answers = new Map<string, number[]>([
      [first, []],
      [second, []],
    ]);
    for (let budget = 1; budget <= 20; budget++) {
      const { headers, body } = await service.predict({ ...sample, budget }).expect(200);
      answers.get(headers['x-model-version'])!.push(body.predicted_ctr);
    }
    const models = await modelsNow();
    for (const [version, ctrs] of answers) {
      expect(ctrs.length).toBeGreaterThan(0);
      expect(models.get(version)).toMatchObject({ served: { predictions: ctrs.length } });
    }
  });

  it('tells how the shadow differs from what was answered', async () => {
    await service.ask('put', '/models/shadow', { version: second, percent: 100 }).expect(200);
    const [current, shadow] = await Promise.all([first, second].map((v) => registry.load(v)));
    const records = Array.from({ length: 8 }, (_, i) => ({ ...sample, ad_position: 1 + i }));
    for (const record of records) {
      const { body } = await service.predict(record).expect(200);
      expect(body.predicted_ctr).toBe(current.predict(record));
    }
    const differences = records.map((record) => shadow.predict(record) - current.predict(record));
    const mean = differences.reduce((sum, difference) => sum + difference, 0) / records.length;
    const compared = await waitFor('all answers to be compared', async () => {
      const { shadow } = (await modelsNow()).get(second)!;
      return shadow.predictions === records.length && shadow;
    });
    expect(compared).toMatchObject({ mean_difference: expect.closeTo(mean, 5) });
  });
});
