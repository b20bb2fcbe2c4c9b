import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const lockfile = `${root}package-lock.json`;
const stamp = `${root}node_modules/.installed-for`;

/** No daemon and no isolated plugins: each costs seconds a call and outlives the command. */
export const environment = { ...process.env, NX_DAEMON: 'false', NX_ISOLATE_PLUGINS: 'false' };

/** `npm ci`, unless node_modules is already what the lockfile says. */
export function ensureInstalled() {
  const wanted = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.log('Installing packages …');
  run('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
  writeFileSync(stamp, wanted);
}

/** Runs a command in the workspace; its failure is ours. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: environment,
    stdio: 'inherit',
    ...options,
  });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** Runs one of the installed programs by its name in node_modules/.bin. */
export function runTool(name, args, options) {
  run(process.execPath, [`${root}node_modules/.bin/${name}`, ...args], options);
}
