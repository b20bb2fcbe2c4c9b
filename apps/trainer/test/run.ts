import { spawn, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import { fileURLToPath } from 'node:url';

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/**
 * Runs the built program as a user does.
 * @param onStart is given the running program, to interrupt it for instance
 */
export function adscale(
  args: readonly string[],
  onStart: (child: ChildProcess) => void = () => {},
): Promise<Finished> {
  const env = { ...process.env, MODEL_DIR: undefined };
  const child = spawn(process.execPath, [program, ...args], { env });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (out.stdout += chunk));
  child.stderr.on('data', (chunk) => (out.stderr += chunk));
  onStart(child);
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, ...out }));
  });
}

/** Ctrl-C as soon as the program says something. */
export function interruptWhenHeard(child: ChildProcess): void {
  const interrupt = (): void => {
    child.stdout!.off('data', interrupt);
    child.stderr!.off('data', interrupt);
    child.kill('SIGINT');
  };
  child.stdout!.on('data', interrupt);
  child.stderr!.on('data', interrupt);
}

/** Ctrl-C as soon as a file appears in a folder. */
export function interruptWhenWriting(folder: string): (child: ChildProcess) => void {
  return (child) => {
    const watcher = watch(folder, () => {
      watcher.close();
      child.kill('SIGINT');
    });
  };
}
