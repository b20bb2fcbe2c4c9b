/* npm run check: proves what only a running product shows, and every command of the README. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { environment, root } from '../setup/install.mjs';
import { packageSteps } from './package.mjs';
import { jsonValues, readmeCommands, shownCalls } from './readme.mjs';

const folder = await mkdtemp(join(tmpdir(), 'adscale-check-'));
const models = join(folder, 'models');
const port = await freePort();
const base = `http://127.0.0.1:${port}`;
const serviceEnvironment = {
  ...environment,
  PORT: String(port),
  MODEL_DIR: models,
  OUTCOMES_URL: `file:${join(folder, 'outcomes.db')}`,
  HOST: '127.0.0.1',
};

/** Runs a shell command in the workspace and returns what it printed; it must succeed. */
function sh(command, env = environment) {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  assert.equal(status, 0, `${command}\n${stdout}\n${stderr}`);
  return stdout;
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address();
      server.close(() => resolve(free));
    });
  });
}

let service;

/** What a terminal does at Ctrl-C: a signal to the whole process group. */
function interrupt() {
  try {
    process.kill(-service.pid, 'SIGINT');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Documents whose calls of the service are made, and their answers compared. */
const callDocuments = ['README.md', 'apps/api/README.md'];

/** A command whose files of data are in the folder of this check. */
const inFolder = (command) => command.replaceAll(/(?<=\s)(\w+\.csv)/g, `${folder}/$1`);

/** README commands, and how each is proven here. `null`: by the step that it is part of. */
const commands = {
  'npm start': async () => {
    const options = { cwd: root, env: serviceEnvironment, stdio: 'ignore', detached: true };
    service = spawn('npm', ['start'], options);
    for (let tries = 0; tries < 240; tries++) {
      const ready = await fetch(`${base}/health/ready`).catch(() => null);
      if (ready?.status === 200) return;
      assert.equal(service.exitCode, null, 'npm start ended');
      await pause(500);
    }
    assert.fail('npm start did not serve within two minutes');
  },
  'npm test': null,
  'node apps/trainer/dist/main.js train --help': (command) => {
    assert.match(sh(command), /--leaf-rows/);
  },
  'node apps/trainer/dist/main.js generate': (command) => {
    sh(inFolder(command));
  },
  'node apps/trainer/dist/main.js outcomes': (command) => {
    assert.match(sh(`${inFolder(command)} --url ${base}`), /accepted|not sent/);
  },
  'node apps/trainer/dist/main.js retrain': (command) => {
    assert.match(sh(`${command} --url ${base} --models ${models}`), /^outcome /m);
  },
  'node apps/trainer/dist/main.js replay': (command) => {
    assert.match(sh(`${command} --url ${base}`), /decision/i);
  },
  'npx nx run trainer:train --input=placements.csv': async (command) => {
    const before = await (await fetch(`${base}/stats`)).json();
    sh(
      command
        .replace('placements.csv', `${folder}/placements.csv`)
        .replace('=models', `=${models}`),
    );
    for (let tries = 0; tries < 40; tries++) {
      const now = await (await fetch(`${base}/stats`)).json();
      if (now.model_version !== before.model_version) return;
      await pause(250);
    }
    assert.fail('the service did not take the new model up');
  },
  'docker compose up': null,
  'npm run load': (command) => sh(command, { ...environment, BASE_URL: base }),
  'npm run bench -- --smoke': (command) => assert.match(sh(command), /All checks passed/),
  'npm run bench:service': (command) => assert.match(sh(command), /AdScale/),
  'npm run bench:batch': (command) => sh(command),
  'npm run bench:workers': (command) => assert.match(sh(command), /capacity of two workers/),
  'npm run bench:outcomes': (command) => assert.match(sh(command), /outcomes a second of one core/),
  'npm run bench:capacity': (command) => assert.match(sh(command), /full first/),
  'npm run bench:warehouse': (command) => {
    assert.match(sh(command), /one log, one model|clickhouse-server is not installed/);
  },
  'npm run bench:memory': (command) => sh(command),
  'npm run bench:cache': (command) => assert.match(sh(command), /All answers are true/),
  'npm run bench:coverage': (command) => sh(command),
  'npm run bench:tune': (command) => assert.match(sh(command), /64 bins/),
  'npx nx run-many': null,
  'npx nx affected': (command) => assert.match(sh(command), /Successfully ran|No tasks were run/),
  'npx nx graph': async (command) => {
    sh(command.replace('graph.html', `${folder}/graph.html`));
    assert.match(await readFile(`${folder}/static/environment.js`, 'utf8'), /trainer/);
  },
  'npx prettier --write .': (command) => sh(command.replace('--write', '--check')),
};

/** What differs from one training and one request to the next. */
const passing = new Set(['model_version', 'version', 'created_at']);
const lasting = (answer) =>
  JSON.parse(JSON.stringify(answer, (key, value) => (passing.has(key) ? undefined : value)));

/** The calls that the documents show, against the model that was trained at the start. */
function callSteps() {
  return callDocuments.flatMap((document) =>
    shownCalls(document).map(({ command, answers }) => ({
      name: `${document}: ${command.slice(0, 70)}…`,
      run: () => {
        const said = sh(command.replaceAll(/(http:\/\/)?localhost:8000/g, base));
        if (answers !== undefined) assert.deepEqual(lasting(jsonValues(said)), lasting(answers));
        else assert.match(said, /predicted_ctr/);
      },
    })),
  );
}

const steps = [
  ...readmeCommands().flatMap((command) => {
    const key = Object.keys(commands)
      .filter((known) => command.startsWith(known))
      .sort((a, b) => b.length - a.length)[0];
    const step = {
      name: command,
      run: key === undefined ? unknown : commands[key] && (() => commands[key](command)),
    };
    // The calls are shown as the model answers that `npm start` trains.
    return key === 'npm start' ? [step, ...callSteps()] : [step];
  }),
  {
    name: 'Nx caches: a second build runs nothing',
    run: () =>
      assert.match(
        sh('npx nx run-many -t build'),
        /Nx read the output from the cache|existing outputs match the cache|Cache: +\d+\/\d+ hit \(100%\)/,
      ),
  },
  {
    name: 'Ctrl-C ends the service',
    run: async () => {
      interrupt();
      for (let tries = 0; tries < 60; tries++) {
        if ((await fetch(`${base}/health/live`).catch(() => null)) === null) return;
        await pause(250);
      }
      assert.fail('the service is still answering');
    },
  },
];

function unknown() {
  assert.fail('the README has a command that nothing here proves');
}

const published = await packageSteps();

let passed = 0;
let failed = 0;
try {
  for (const { name, run } of [...steps, ...published.steps].filter((step) => step.run !== null)) {
    try {
      const skipped = (await run())?.skipped;
      if (skipped === undefined) passed++;
      console.log(skipped === undefined ? `ok      ${name}` : `skipped ${name}: ${skipped}`);
    } catch (error) {
      failed++;
      console.log(`FAILED  ${name}\n${error.stack}`);
    }
  }
} finally {
  if (service !== undefined) interrupt();
  await rm(folder, { recursive: true, force: true });
  await published.clean();
}

// The counts of `npm test`, if it ran, and ours.
const results = `${root}.results`;
if (existsSync(results)) {
  for (const file of await readdir(results)) {
    const report = JSON.parse(await readFile(join(results, file), 'utf8'));
    passed += report.numPassedTests;
    failed += report.numFailedTests;
  }
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
