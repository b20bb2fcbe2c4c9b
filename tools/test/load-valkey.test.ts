import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../load/run.ts';
import { ValkeyServer } from '../load/valkey-outage.ts';
import { load, missedGoals, root, runNode } from './load-program.ts';

const program = ['valkey-server', 'redis-server'].find(
  (name) => spawnSync(name, ['--version']).error === undefined,
);
const withServer = program === undefined ? describe.skip : describe;
if (program === undefined) {
  console.warn('skipped: neither valkey-server nor redis-server is installed on this machine');
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adscale-valkey-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A folder like those of PATH, with one program. */
async function pathWith(name: string, target: string): Promise<string> {
  const path = await mkdtemp(join(folder, 'bin-'));
  await symlink(target, join(path, name));
  return path;
}

describe('valkey-dies', () => {
  it('needs a server to be installed, and says so', async () => {
    // Node's own folder may hold such a server too
    const path = await pathWith('node', process.execPath);
    const args = [join(root, 'tools', 'load', 'load.mjs'), '--scenario', 'valkey-dies'];
    const { code, output } = await runNode(args, { PATH: path });
    expect(output).toBe(
      'valkey-dies needs valkey-server or redis-server on the PATH, and there is neither.\n',
    );
    expect(code).toBe(2);
  });

  it('needs a model, and says how to get one', async () => {
    const path = await pathWith('valkey-server', process.execPath);
    const empty = join(folder, 'none');
    const args = ['--scenario', 'valkey-dies'];
    const { code, output } = await load(args, { MODEL_DIR: empty }, [path]);
    expect(output).toBe(`No model in ${empty} yet. Train one: npx nx run trainer:train\n`);
    expect(code).toBe(2);
  });

  it('tells a server that does not start', async () => {
    await expect(ValkeyServer.start('/bin/false')).rejects.toThrow('ended before');
  });
});

withServer('valkey-dies, with a server', () => {
  const server = async () => (await findProgram([program!], process.env.PATH))!;

  it('passes, since the service outlives its Valkey and finds it again', async () => {
    const models = join(folder, 'models');
    const trainer = join(root, 'apps', 'trainer', 'dist', 'main.js');
    const settings = ['--rows', '2000', '--trees', '10', '--threads', '1', '--output', models];
    expect(await runNode([trainer, 'train', ...settings])).toMatchObject({ code: 0 });
    const path = await pathWith('valkey-server', await server());
    const args = ['--scenario', 'valkey-dies', '--duration', '3', '--users', '5'];
    const ended = await load(args, { MODEL_DIR: models }, [path]);
    expect(missedGoals(ended)).toEqual([]);
    expect(ended.output).toMatch(/^failed +0 +0 {2}ok$/m);
    expect(ended.output).toMatch(
      /^Valkey died and came back; the service wrote to it \d+ ms later$/m,
    );
  });

  it('restarts the server empty, on the same port', async () => {
    const valkey = await ValkeyServer.start(await server());
    const { url } = valkey;
    try {
      expect(await valkey.keys()).toBe(0);
      await valkey.kill();
      await expect(valkey.keys()).rejects.toThrow('ECONNREFUSED');
      await valkey.start();
      expect(valkey.url).toBe(url);
      expect(await valkey.keys()).toBe(0);
    } finally {
      await valkey.kill();
    }
  });
});
