import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';

export const root = join(__dirname, '..', '..');

export interface Ended {
  code: number | null;
  output: string;
}

/** Runs `npm run load`'s program with only Node's own folder on the PATH, and `path` before it. */
export function load(
  args: string[],
  env: Record<string, string>,
  path: string[] = [],
): Promise<Ended> {
  return runNode([join(root, 'tools', 'load', 'load.mjs'), ...args], {
    ...env,
    PATH: [...path, dirname(process.execPath)].join(':'),
  });
}

/** Runs a script to its end. */
export function runNode(args: string[], env: Record<string, string> = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { env, cwd: root });
    let output = '';
    const append = (chunk: Buffer) => (output += chunk.toString());
    child.stdout.on('data', append);
    child.stderr.on('data', append);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/**
 * The goals that were missed, but for latency: how fast answers come is the affair of the machine.
 * The exit code must say whether there were any.
 */
export function missedGoals({ code, output }: Ended): string[] {
  const missed = Array.from(output.matchAll(/^(.+?) {2,}.*MISSED$/gm), ([, name]) => name!);
  expect(code).toBe(missed.length === 0 ? 0 : 1);
  return missed.filter((name) => !name.endsWith('latency p99'));
}
