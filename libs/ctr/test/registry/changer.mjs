// Changes a registry in a process of its own, to be killed:
//
//   node changer.mjs <folder> <model folder> <action>[,<action>…] [<n>]
//
// With n it kills itself at the n-th call that writes to the disk: half of the data is written
// if it writes any, nothing is done otherwise. Without, it goes on until it is killed from
// outside, and writes a dot before each such call.
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';

const [folder, model, actions, n] = process.argv.slice(2);
let calls = 0;

/** Makes a function of an object die at its turn. */
function makeMortal(object, name, writeHalf) {
  const call = object[name];
  object[name] = async function (...args) {
    calls++;
    if (n === undefined) process.stdout.write('.');
    else if (calls === Number(n)) {
      await writeHalf?.call(this, ...args);
      process.kill(process.pid, 'SIGKILL');
      await new Promise(() => {});
    }
    return call.apply(this, args);
  };
}

const { writeFile } = fs;
const half = (data) => data.slice(0, data.length >> 1);
const handle = await fs.open(join(model, 'model.json'));
const { writeFile: writeToHandle } = handle;
const methods = Object.getPrototypeOf(handle);
await handle.close();
for (const name of ['mkdir', 'open', 'rename', 'link', 'rm']) makeMortal(fs, name);
makeMortal(fs, 'writeFile', (path, data, options) => writeFile(path, half(data), options));
makeMortal(methods, 'writeFile', function (data) {
  return writeToHandle.call(this, half(data));
});
for (const name of ['sync', 'utimes']) makeMortal(methods, name);
syncBuiltinESMExports();

// After the changes above, which its imports then see.
const { Registry } = await import('../../dist/registry/registry.js');
const registry = new Registry(folder);
const bytes = await fs.readFile(join(model, 'model.adsf'));
const card = JSON.parse(await fs.readFile(join(model, 'model.json'), 'utf8'));
calls = 0;

const run = {
  publish: () => registry.publish(bytes, card, { files: { 'report.html': '<p>'.repeat(99) } }),
  untag: () => registry.untag('champion'),
  trial: async () =>
    registry.setTrial('canary', { version: (await registry.versions())[0], percent: 5 }),
  promote: async () => registry.promote((await registry.versions())[0]),
  rollback: () => registry.rollback(),
  tag: async () => registry.tag((await registry.versions())[0], 'champion'),
  prune: () => registry.prune({ keep: 1 }),
};

do {
  for (const action of actions.split(',')) {
    await run[action]().catch((error) => {
      // What another process has changed meanwhile.
      if (!['NO_PREVIOUS', 'TAG_UNKNOWN', 'VERSION_UNKNOWN'].includes(error.code)) throw error;
    });
  }
} while (n === undefined);
