import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from '../../src/index.js';

let folder: string;
let registry: Registry;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'registry-'));
  registry = new Registry(folder);
  for (const version of ['a', 'b'])
    await mkdir(join(folder, 'versions', version), { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

const canary = { version: 'a', percent: 5 };
const shadow = { version: 'b', percent: 12.5 };
const nothing = { canary: null, shadow: null };

describe('the rollout of a registry', () => {
  it('says that nothing is tried while there is no file, and writes none to say so', async () => {
    expect(await registry.rollout()).toEqual(nothing);
    await registry.endTrials('a');
    await registry.setTrial('canary', null);
    expect(await readdir(folder)).toEqual(['versions']);
  });

  it('tells whoever shares the folder what is tried, whole and readable', async () => {
    await registry.setTrial('canary', canary);
    await registry.setTrial('shadow', shadow);
    expect(await new Registry(folder).rollout()).toEqual({ canary, shadow });
    expect(await readdir(folder)).toEqual(['rollout.json', 'versions']);
    const text = await readFile(join(folder, 'rollout.json'), 'utf8');
    expect(text).toBe(`${JSON.stringify({ canary, shadow }, null, 2)}\n`);
  });

  it('loses no change when several make one at once', async () => {
    const other = new Registry(folder);
    await Promise.all([registry.setTrial('canary', canary), other.setTrial('shadow', shadow)]);
    expect(await registry.rollout()).toEqual({ canary, shadow });
  });

  it('ends every trial of a version, and no other', async () => {
    await registry.setTrial('canary', canary);
    await registry.setTrial('shadow', shadow);
    await registry.endTrials('a');
    expect(await registry.rollout()).toEqual({ canary: null, shadow });
    await registry.setTrial('canary', { ...canary, version: 'b' });
    await registry.endTrials('b');
    expect(await registry.rollout()).toEqual(nothing);
  });

  it('holds no version that is not there, and no share that nobody could read', async () => {
    const unknown = registry.setTrial('canary', { version: 'c', percent: 5 });
    await expect(unknown).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
    const none = registry.setTrial('canary', { version: 'a', percent: 0 });
    await expect(none).rejects.toMatchObject({ code: 'ROLLOUT_INVALID' });
    await expect(none).rejects.toThrow(/canary is \{"version":"a","percent":0\}, wanted null or/);
    expect(await readdir(folder)).toEqual(['versions']);
  });

  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a version that is no text', '{"canary": {"version": 3, "percent": 5}}'],
    ['no percentage', '{"shadow": {"version": "a"}}'],
    ['nothing of the requests', '{"canary": {"version": "a", "percent": 0}}'],
    ['more than all requests', '{"canary": {"version": "a", "percent": 101}}'],
    ['a canary that is no object', '{"canary": 5}'],
  ])('is refused with the reason when it holds %s, and can be replaced', async (_what, text) => {
    await writeFile(join(folder, 'rollout.json'), text);
    await expect(registry.rollout()).rejects.toMatchObject({ code: 'ROLLOUT_INVALID' });
    await expect(registry.rollout()).rejects.toThrow(
      /rollout\.json.* (is|does) .*; mend or remove it$/,
    );
    await registry.setTrial('canary', canary);
    expect(await registry.rollout()).toEqual({ canary, shadow: null });
  });

  it('passes on what the system says, and changes nothing then', async () => {
    const nowhere = new Registry(join(folder, 'rollout.json'));
    await writeFile(join(folder, 'rollout.json'), '{}');
    await expect(nowhere.rollout()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nowhere.setTrial('canary', canary)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
