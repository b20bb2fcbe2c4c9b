/* npm start: install if needed, build what changed, train if there is no model, serve. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { ensureInstalled, environment, root, run, runTool } from './install.mjs';

ensureInstalled();
runTool('nx', ['run-many', '-t', 'build', '-p', 'api', 'trainer', '--outputStyle=static'], {
  stdio: ['ignore', 'ignore', 'inherit'],
});

const models = resolve(root, process.env.MODEL_DIR ?? 'models');
if (!existsSync(resolve(models, 'current'))) {
  console.log(`No model in ${models} yet: training one on generated records.`);
  run(process.execPath, ['apps/trainer/dist/main.js', 'train', '--output', models]);
}

const api = spawn(process.execPath, ['apps/api/dist/main.js'], {
  cwd: root,
  env: { ...environment, MODEL_DIR: models },
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => api.kill(signal));
api.on('exit', (code) => process.exit(code ?? 1));
