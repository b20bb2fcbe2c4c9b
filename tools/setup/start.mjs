/* npm start: install if needed, build what changed, train if there is no model, serve. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureInstalled, root, run, runTool } from './install.mjs';

ensureInstalled();
runTool('nx', ['run-many', '-t', 'build', '-p', 'api', 'trainer', '--outputStyle=static'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});

const given = process.env.MODEL_DIR ?? 'models';
const isBucket = given.startsWith('s3:');
const models = isBucket ? given : resolve(root, given);
const isThere = (name) => existsSync(resolve(models, name));
if (isBucket) {
  run(process.execPath, ['apps/trainer/dist/main.js', 'train', '--if-missing', '--output', models]);
} else if (!isThere('current') && !isThere('model.adsf')) {
  console.log(`No model in ${models} yet: training one on generated records.`);
  run(process.execPath, ['apps/trainer/dist/main.js', 'train', '--output', models]);
}

// In this process, so that a signal reaches the service once and its exit status is ours.
process.chdir(root);
process.env.MODEL_DIR = models;
await import('../../apps/api/dist/main.js');
