/*
 * node tools/checks/passed.mjs [workspace]: the source files that a prediction and a training pass,
 * in a workspace that is built: those of ours in which a function is called meanwhile (V8's precise
 * coverage). What a start calls anyway is not counted.
 */
import { fork } from 'node:child_process';
import { on } from 'node:events';
import { existsSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import { root } from '../setup/install.mjs';

const RECORD = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };

/** In a program that is watched: a message begins the count, another ends it. */
async function watch() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  const start = () =>
    session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false });
  const called = ({ functions }) =>
    functions.some(({ ranges: [range] }) => range.startOffset > 0 && range.count > 0);
  const take = async () => {
    const { result } = await session.post('Profiler.takePreciseCoverage');
    return result.filter(called).map(({ url }) => url);
  };
  await start();
  process.on('message', async (question) => {
    // Taking also sets the counts back to none.
    process.send({ question, passed: await take() });
  });
  process.channel.unref();
  process.once('beforeExit', async () => process.send({ question: 'end', passed: await take() }));
}

/** Starts a built program that tells what was passed since it was last asked, and at its end. */
function watched(workspace, app, args, environment = {}) {
  const built = join(workspace, 'apps', app, 'dist');
  // The trainer's main.js only watches over its program.js.
  const program = ['program.js', 'main.js'].find((name) => existsSync(join(built, name)));
  const child = fork(join(built, program), args, {
    cwd: workspace,
    env: { PATH: process.env.PATH, ADSCALE_WATCHED: '1', ...environment },
    execArgv: ['--import', import.meta.url],
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const told = async (question) => {
    for await (const [answer] of on(child, 'message', { close: ['exit'] })) {
      if (answer.question === question) return ours(workspace, answer.passed);
    }
    throw new Error(`${app} ended before it told what it passed`);
  };
  const ask = (question) => (child.send(question), told(question));
  return { child, ask, told };
}

const ours = (workspace, urls) =>
  urls
    .filter((url) => url.startsWith('file:'))
    .map((url) => relative(workspace, fileURLToPath(url)))
    .filter((path) => /^(apps|libs)\/[^/]+\/dist\//.test(path))
    .sort();

/** The files that a run of the trainer passes from its start to its end. */
async function trainer(workspace, args) {
  const { child, told } = watched(workspace, 'trainer', args);
  child.stdout.resume();
  return told('end');
}

/** The files that two predictions pass, one asked for before and one that was not. */
async function prediction(workspace, models) {
  const settings = { PORT: '0', HOST: '127.0.0.1', MODEL_DIR: models, MODEL_POLL_MS: '0' };
  const { child, ask } = watched(workspace, 'api', [], settings);
  let port;
  for await (const line of createInterface(child.stdout)) {
    port = /"port":(\d+).*AdScale is up/.exec(line)?.[1];
    if (port !== undefined) break;
  }
  child.stdout.resume();
  const predict = async (budget) => {
    const answer = await fetch(`http://127.0.0.1:${port}/predict_ctr`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ ...RECORD, budget }),
    });
    if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  try {
    await predict(2500);
    await ask('start');
    await predict(2500);
    await predict(45_000);
    return await ask('take');
  } finally {
    child.kill('SIGKILL');
  }
}

async function main() {
  const workspace = resolve(process.argv[2] ?? root);
  const models = await mkdtemp(join(tmpdir(), 'adscale-passed-'));
  try {
    const args = ['train', '--rows', '1000', '--trees', '10', '--threads', '1'];
    const all = await trainer(workspace, [...args, '--output', models]);
    const anyway = new Set(await trainer(workspace, ['train', '--help']));
    const training = all.filter((path) => !anyway.has(path));
    for (const [what, files] of [
      ['A prediction', await prediction(workspace, models)],
      ['A training', training],
    ]) {
      console.log(`${what} passes ${files.length} files:\n  ${files.join('\n  ')}`);
    }
  } finally {
    await rm(models, { recursive: true, force: true });
  }
}

if (process.env.ADSCALE_WATCHED === undefined) await main();
else if (isMainThread) await watch();
