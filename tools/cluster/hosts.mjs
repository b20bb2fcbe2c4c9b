/* npm run cluster:hosts: several hosts on one machine, and what their callers notice when some are lost. */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { setPriority, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { Registry, defaultSchema, trainCtr } from '@adscale/ctr';
import { generate } from '@adscale/datagen';
import { columnsFrom } from '@adscale/forest';
import { describeMachine, machineLine } from '../bench/machine.mjs';
import { SEED, trainedRegistry } from '../bench/servers/registry.mjs';
import { drills, runDrill } from './drills.mjs';
import { Network } from './network.mjs';
import {
  Balancer,
  Postgres,
  Valkey,
  makeKeys,
  makeReplicas,
  postgresPrograms,
} from './services.mjs';
import { claimLines, drillTable } from './table.mjs';

const help = `npm run cluster:hosts -- [options]

Makes hosts of network namespaces (a client, HAProxy, three replicas, Valkey, PostgreSQL), sends steady
load, and takes hosts away. Prints what the client noticed, as a table. Needs root, iproute2, haproxy,
redis-server or valkey-server, and postgresql; where one is missing it says so and runs nothing. Each
drill takes about a minute and a half.

  --drill NAME   only this one; may be given several times. One of
                 ${Object.keys(drills).join(', ')}
  --json FILE    also write every figure to a file
  --logs FOLDER  keep the logs of the replicas
  --workers N    processes of each replica, 1 to 16; default 1
  --nice=N       priority of all hosts, -20 to 19; below 0 where others keep the machine busy. Default 0
  --help         this text

Exit code: 0 all held, or it could not run here; 1 something did not hold, which is named; 2 wrong options.
`;

const run = promisify(execFile);

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const text = { type: 'string' };
  const options = {
    drill: { ...text, multiple: true },
    json: text,
    logs: text,
    nice: text,
    workers: text,
  };
  const { values } = parseArgs({ options: { ...options, help: { type: 'boolean' } } });
  const names = values.drill ?? Object.keys(drills);
  const stranger = names.find((name) => !(name in drills));
  if (stranger !== undefined) {
    throw new Error(`--drill is ${stranger}, wanted one of ${Object.keys(drills).join(', ')}`);
  }
  const nice = Number(values.nice ?? 0);
  if (!Number.isInteger(nice) || nice < -20 || nice > 19) {
    throw new Error(`--nice is ${values.nice}, wanted a whole number from -20 to 19`);
  }
  const workers = Number(values.workers ?? 1);
  if (!Number.isInteger(workers) || workers < 1 || workers > 16) {
    throw new Error(`--workers is ${values.workers}, wanted a whole number from 1 to 16`);
  }
  return { ...values, names, nice, workers };
}

/** The first of some programs that is installed. */
function find(...programs) {
  const folders = process.env.PATH.split(delimiter);
  return programs.find((program) => folders.some((folder) => existsSync(join(folder, program))));
}

/** Why it cannot run here; undefined if it can. */
async function obstacle() {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid() !== 0) return 'only root may make network namespaces';
  for (const programs of [
    ['ip'],
    ['tc'],
    ['haproxy'],
    ['setpriv'],
    ['valkey-server', 'redis-server'],
  ]) {
    if (find(...programs) === undefined) return `${programs.join(' or ')} is not installed`;
  }
  if (postgresPrograms() === undefined) return "Debian's postgresql is not installed";
  const name = `adscale-${process.pid}-try`;
  try {
    await run('ip', ['netns', 'add', name]);
    await run('ip', ['netns', 'del', name]);
  } catch (error) {
    return `no network namespace can be made: ${error.stderr?.trim() || error.message}`;
  }
  return undefined;
}

/** Two models in a registry, which all replicas see as they would a mounted volume. */
async function makeModels(folder) {
  await trainedRegistry(folder);
  const { columns } = generate({ rows: 5000, seed: SEED + 7, profile: 'realistic' });
  const { impressions, clicks } = columns;
  const features = columnsFrom(defaultSchema, columns);
  const { bytes, card } = await trainCtr({ features, impressions, clicks });
  const registry = new Registry(folder);
  const first = await registry.current();
  const second = await registry.publish(bytes, card, { promote: false });
  return [first, second];
}

/** The process on the client host, and what it can be asked. */
async function startClient(network) {
  const script = fileURLToPath(new URL('client.mjs', import.meta.url));
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  const env = { PATH: process.env.PATH };
  const child = network.spawn('client', process.execPath, [script], { env, stdio });
  const waiting = new Map();
  let next = 0;
  const lost = () =>
    waiting.forEach(({ reject }) => reject(new Error('the client host has ended')));
  child.on('exit', lost);
  child.on('message', ({ id, result, error }) => {
    const { resolve, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    if (error === undefined) resolve?.(result);
    else reject?.(new Error(error));
  });
  await once(child, 'message');
  const order = (name) => (argument) =>
    new Promise((resolve, reject) => {
      const id = next++;
      waiting.set(id, { resolve, reject });
      child.send({ id, order: name, argument });
    });
  return Object.fromEntries(['ask', 'start', 'end', 'kept', 'bodies'].map((n) => [n, order(n)]));
}

async function makeHosts(network, folder, { logs, workers }) {
  const models = join(folder, 'models');
  const versions = await makeModels(models);
  await network.make();
  const keys = makeKeys(30);
  const valkey = new Valkey(network, find('valkey-server', 'redis-server'));
  const postgres = new Postgres(network, postgresPrograms(), folder);
  const balancer = new Balancer(network, folder);
  await postgres.make();
  await postgres.start();
  await valkey.start();
  await balancer.start();
  const given = { keys, models, valkey, postgres, logs, workers };
  const service = makeReplicas(network, given);
  const client = await startClient(network);
  return { network, service, valkey, postgres, balancer, client, keys, versions };
}

async function main({ names, json, logs, nice, workers }) {
  // Whatever is started from here has it, too.
  setPriority(nice);
  const machine = describeMachine();
  const folder = await mkdtemp(join(tmpdir(), 'adscale-hosts-'));
  // PostgreSQL, which is not root, must reach its folder; what is secret has rights of its own.
  await run('chmod', ['711', folder]);
  if (logs !== undefined) await mkdir(logs, { recursive: true });
  const network = new Network();
  let tidying;
  const tidy = () =>
    (tidying ??= network.remove().then(() => rm(folder, { recursive: true, force: true })));
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ]) {
    process.on(signal, () => void tidy().then(() => process.exit(code)));
  }
  try {
    const hosts = await makeHosts(network, folder, { logs, workers });
    const results = [];
    for (const name of names) {
      console.log(`${name} …`);
      const result = await runDrill(name, hosts);
      console.log(claimLines(result));
      results.push(result);
    }
    const line = machineLine(machine, SEED);
    console.log(`\n${drillTable(results)}\n\n(${line})`);
    if (json !== undefined) await writeFile(json, JSON.stringify({ machine, results }, null, 2));
    return results.every(({ claims }) => claims.every(({ holds }) => holds)) ? 0 : 1;
  } finally {
    await tidy();
  }
}

// Where Debian has programs of the administrator, which a shell started by `su` does not look in.
process.env.PATH = [process.env.PATH, '/usr/sbin', '/sbin'].join(delimiter);
let options;
try {
  options = readOptions();
} catch (error) {
  console.error(`${error.message}\nSee npm run cluster:hosts -- --help`);
  process.exit(2);
}
if (options.help) console.log(help);
else {
  const why = await obstacle();
  if (why !== undefined) console.log(`Not run: ${why}.`);
  else {
    process.exitCode = await main(options).catch((error) => {
      console.error(error);
      return 1;
    });
  }
}
