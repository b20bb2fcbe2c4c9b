import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry, trainCtr } from '../../src/index.js';
import { placements } from '../data.js';

const publisher = `
  import { readFileSync } from 'node:fs';
  const { Registry } = await import(process.argv[1]);
  const [, , folder, model] = process.argv;
  const bytes = readFileSync(model + '/model.adsf');
  const card = JSON.parse(readFileSync(model + '/model.json', 'utf8'));
  for (let i = 0; i < 6; i++) console.log(await new Registry(folder).publish(bytes, card));
`;

describe('trainers that publish at the same time', () => {
  it('each get a version of their own, and the pointer remembers who came last', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'registry-'));
    const { bytes, card } = await trainCtr(placements(200), { fit: { trees: 3 }, threads: 1 });
    await writeFile(join(folder, 'model.adsf'), bytes);
    await writeFile(join(folder, 'model.json'), JSON.stringify(card));
    const registry = new Registry(join(folder, 'models'));
    const index = join(__dirname, '../../dist/index.js');
    const args = ['--input-type=module', '-e', publisher, '--', index, registry.location, folder];
    const outputs = await Promise.all(
      [1, 2, 3].map(async () => {
        const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
        let text = '';
        child.stdout.on('data', (chunk) => (text += chunk));
        expect(await once(child, 'close')).toEqual([0, null]);
        return text.trim().split('\n');
      }),
    );
    const versions = await registry.versions();
    expect(versions).toHaveLength(18);
    expect([...versions].sort()).toEqual(outputs.flat().sort());
    const [current, previous] = [await registry.current(), await registry.previous()];
    expect(outputs.map((published) => published.at(-1))).toContain(current);
    expect(previous).not.toBe(current);
    await rm(folder, { recursive: true });
  });
});
