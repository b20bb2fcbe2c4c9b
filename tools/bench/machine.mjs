// Where and on what a benchmark ran: a number without this means nothing.
import { execFileSync } from 'node:child_process';
import { cpus, loadavg, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function git(...args) {
  try {
    return execFileSync('git', args, {
      cwd: here,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

/** @returns {object} what the JSON report says of the machine */
export function describeMachine() {
  const changed = git('status', '--porcelain', '--', '../../libs') !== '';
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    commit: (git('rev-parse', '--short', 'HEAD') || 'unknown') + (changed ? ' + changes' : ''),
    load: loadavg().map((x) => Math.round(x * 100) / 100),
  };
}

/** The same in a line, above the tables. */
export function machineLine({ cpu, cores, memoryGb, node, platform, commit, load }, seed) {
  const machine = `${cpu}, ${cores} cores, ${memoryGb} GB, ${platform}`;
  return `${machine}; Node ${node}; commit ${commit}; seed ${seed}; load average ${load.join(', ')}`;
}

/** A warning worth printing above the numbers, or nothing. */
export function busyLine({ load, cores }) {
  return load[0] > 0.7
    ? `The machine was busy (load ${load[0]} on ${cores} cores): trust processor time, not the wall clock.`
    : '';
}
