// The forests that ours is held against: who is here, and how one is asked.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { readDoubles } from './doubles.mjs';

const folder = join(dirname(fileURLToPath(import.meta.url)), 'peers');
const run = promisify(execFile);

// A version manager's python3 often hides the system's, which has the Debian packages.
const pythons = ['python3', '/usr/bin/python3'];
const node = [process.execPath];

const known = {
  sklearn: { script: 'sklearn_peer.py', commands: pythons, probe: ['-c', 'import sklearn'] },
  xgboost: { script: 'xgboost_peer.py', commands: pythons, probe: ['-c', 'import xgboost'] },
  'sklearn-boost': {
    script: 'sklearn_boost_peer.py',
    commands: pythons,
    probe: ['-c', 'import sklearn'],
  },
  'xgboost-boost': {
    script: 'xgboost_boost_peer.py',
    commands: pythons,
    probe: ['-c', 'import xgboost'],
  },
  ranger: {
    script: 'ranger_peer.R',
    commands: ['Rscript'],
    probe: ['-e', 'library(ranger); library(jsonlite)'],
  },
  ydf: { script: 'ydf_peer.mjs', commands: node, probe: packageProbe('ydf-training') },
  'ml-random-forest': {
    script: 'ml_random_forest_peer.mjs',
    commands: node,
    probe: packageProbe('ml-random-forest'),
  },
};

export const peerNames = [...Object.keys(known), 'onnxruntime'];

function packageProbe(name) {
  return ['-e', `require.resolve(${JSON.stringify(name)}, {paths: [${JSON.stringify(folder)}]})`];
}

/** Thread pools that a library may bring along: one thread each. */
const oneThread = Object.fromEntries(
  ['OMP', 'OPENBLAS', 'MKL', 'BLIS', 'NUMEXPR'].map((pool) => [`${pool}_NUM_THREADS`, '1']),
);

/**
 * The command that runs a peer.
 * @returns {Promise<{command: string} | {reason: string}>} the reason it cannot run
 */
async function findCommand({ commands, probe }) {
  let reason = '';
  for (const command of commands) {
    try {
      await run(command, probe, { timeout: 120_000 });
      return { command };
    } catch (error) {
      const lines = String(error.stderr || error.message).trim();
      reason = `${command}: ${lines.split('\n').at(-1)}`;
    }
  }
  return { reason };
}

/**
 * Looks for the wanted peers.
 * @param {string[]} wanted names
 * @returns {Promise<{found: Map<string, string>, missing: Map<string, string>}>} commands of those
 *   that can run, reasons of those that cannot
 */
export async function findPeers(wanted) {
  const found = new Map();
  const missing = new Map();
  for (const [name, peer] of Object.entries(known)) {
    if (!wanted.includes(name)) continue;
    const { command, reason } = await findCommand(peer);
    if (command === undefined) missing.set(name, reason);
    else found.set(name, command);
  }
  return { found, missing };
}

/**
 * Asks a peer once: fit (or load), predict, take times.
 * @param {string} command what `findPeers` found
 * @param {string} name
 * @param {object} question as peers/exchange.py describes, its paths made here
 * @param {string} at folder of the exchange; `question.data` and `.test` lie in it
 * @returns {Promise<object>} the answer, `predicted` among it
 */
export async function ask(command, name, question, at) {
  const predictions = join(at, `${name}.predictions`);
  const config = join(at, `${name}.json`);
  writeFileSync(
    config,
    JSON.stringify({ model: null, oneCalls: 0, batchSeconds: 0, ...question, predictions }),
  );
  const args = [join(folder, known[name].script), config];
  if (command === process.execPath) args.unshift('--max-old-space-size=8192');
  const { stdout } = await run(command, args, {
    env: { ...process.env, ...oneThread, PYTHONDONTWRITEBYTECODE: '1' },
    maxBuffer: 2 ** 28,
  }).catch((error) => {
    const text = String(error.stderr || error.message);
    const line = text.match(/^\w*Error.*$/m)?.[0] ?? text.trim().slice(-500);
    throw new Error(`${name} failed: ${line}`);
  });
  const [predicted] = readDoubles(predictions, 1, question.testRows);
  return { ...JSON.parse(stdout), predicted };
}
