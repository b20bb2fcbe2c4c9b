import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/** Runs the built program as a user does. `interruptAfter`: milliseconds to Ctrl-C. */
export function adscale(args: readonly string[], interruptAfter?: number): Promise<Finished> {
  const env = { ...process.env, MODEL_DIR: undefined };
  const child = spawn(process.execPath, [program, ...args], { env });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (out.stdout += chunk));
  child.stderr.on('data', (chunk) => (out.stderr += chunk));
  const timer = interruptAfter && setTimeout(() => child.kill('SIGINT'), interruptAfter);
  return new Promise((resolve) => {
    child.on('close', (status) => {
      clearTimeout(timer);
      resolve({ status, ...out });
    });
  });
}
