import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NO_TRIALS, RolloutFile } from '../src/model/rollout.js';
import { emptyFolder } from './trained-models.js';

let folder: string;
let file: RolloutFile;

beforeEach(async () => {
  folder = await emptyFolder();
  file = new RolloutFile(folder);
});

const canary = { version: 'a', percent: 5 };
const shadow = { version: 'b', percent: 12.5 };

describe('the rollout file', () => {
  it('says that nothing is tried while there is none', async () => {
    expect(await file.read()).toEqual(NO_TRIALS);
    await file.end('a');
    await file.set('canary', null);
    expect(await readdir(folder)).toEqual([]);
  });

  it('tells whoever shares the folder what is tried, whole and readable', async () => {
    await file.set('canary', canary);
    await file.set('shadow', shadow);
    expect(await new RolloutFile(folder).read()).toEqual({ canary, shadow });
    expect(await readdir(folder)).toEqual(['rollout.json']);
    const text = await readFile(join(folder, 'rollout.json'), 'utf8');
    expect(JSON.parse(text)).toEqual({ canary, shadow });
  });

  it('loses no change when several make one at once', async () => {
    const other = new RolloutFile(folder);
    await Promise.all([file.set('canary', canary), other.set('shadow', shadow)]);
    expect(await file.read()).toEqual({ canary, shadow });
  });

  it('ends every trial of a version, and no other', async () => {
    await file.set('canary', canary);
    await file.set('shadow', shadow);
    await file.end('a');
    expect(await file.read()).toEqual({ canary: null, shadow });
    await file.set('canary', { ...canary, version: 'b' });
    await file.end('b');
    expect(await file.read()).toEqual(NO_TRIALS);
  });

  it.each([
    ['not JSON', '{'],
    ['a list', '[]'],
    ['a version that is no text', '{"canary": {"version": 3, "percent": 5}}'],
    ['no percentage', '{"shadow": {"version": "a"}}'],
    ['nothing of the requests', '{"canary": {"version": "a", "percent": 0}}'],
    ['more than all requests', '{"canary": {"version": "a", "percent": 101}}'],
    ['a canary that is no object', '{"canary": 5}'],
  ])('is refused with the reason when it holds %s, and can be replaced', async (_what, text) => {
    await writeFile(join(folder, 'rollout.json'), text);
    await expect(file.read()).rejects.toThrow(/^rollout\.json/);
    await file.set('canary', canary);
    expect(await file.read()).toEqual({ canary, shadow: null });
  });

  it('passes on what the system says, and changes nothing then', async () => {
    const nowhere = new RolloutFile(join(folder, 'rollout.json'));
    await writeFile(join(folder, 'rollout.json'), '{}');
    await expect(nowhere.read()).rejects.toMatchObject({ code: 'ENOTDIR' });
    await expect(nowhere.set('canary', canary)).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
