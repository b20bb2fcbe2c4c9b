import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { watch } from 'node:fs';
import { constants, open, type FileHandle } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

// Each step of a test that runs it is a program that starts, on a machine that may be busy.
jest.setTimeout(300_000);

export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  /** Working folder. */
  readonly cwd?: string;
  /** Further variables of the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export const program = fileURLToPath(new URL('../dist/main.js', import.meta.url));

/**
 * Runs the built program as a user does.
 * @param onStart is given the running program, to stop it for instance
 */
export function adscale(
  args: readonly string[],
  onStart: (child: ChildProcess) => void = () => {},
  { cwd, env }: RunOptions = {},
): Promise<Finished> {
  const child = spawn(process.execPath, [program, ...args], {
    cwd,
    env: { ...process.env, MODEL_DIR: undefined, ...env },
  });
  const out = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => (out.stdout += chunk));
  child.stderr.on('data', (chunk) => (out.stderr += chunk));
  onStart(child);
  // Closed once all that write to them have ended: the program is more than one process.
  return new Promise((resolve) => {
    child.on('close', (status) => resolve({ status, ...out }));
  });
}

/** Milliseconds after which a program that was told to stop counts as one that does not. */
const PATIENCE = 20_000;

/**
 * Runs the program and sends it a signal when it has come so far.
 * @param until waits for that
 * @throws Error if the program does not end then
 */
export async function stopWhen(
  until: (child: ChildProcess) => Promise<unknown>,
  signal: NodeJS.Signals,
  args: readonly string[],
  options?: RunOptions,
): Promise<Finished> {
  let child!: ChildProcess;
  const finished = adscale(args, (started) => (child = started), options);
  const early = finished.then(({ status, stderr }) => {
    throw new Error(`adscale ${args.join(' ')} ended by itself, status ${status}: ${stderr}`);
  });
  // Once it has been told to stop, it may end.
  early.catch(() => {});
  await Promise.race([until(child), early]);
  child.kill(signal);
  const patience = new AbortController();
  try {
    return await Promise.race([
      finished,
      sleep(PATIENCE, undefined, { signal: patience.signal }).then(() => {
        throw new Error(`adscale ${args.join(' ')} did not end within ${PATIENCE} ms of ${signal}`);
      }),
    ]);
  } finally {
    patience.abort();
    child.kill('SIGKILL');
  }
}

/** Until the program has said something that fits. */
export const heard =
  (pattern = /./) =>
  (child: ChildProcess): Promise<void> =>
    new Promise((resolve) => {
      let text = '';
      for (const stream of [child.stdout!, child.stderr!]) {
        stream.on('data', (chunk) => {
          text += chunk;
          if (pattern.test(text)) resolve();
        });
      }
    });

/** Until a file appears in a folder, or changes there. */
export const written = (folder: string) => (): Promise<void> =>
  new Promise((resolve) => {
    const watcher = watch(folder, () => {
      watcher.close();
      resolve();
    });
  });

/** Makes a file that whoever reads it waits for; `opened` tells that somebody does. */
export function makePipe(path: string): void {
  const { status, stderr } = spawnSync('mkfifo', [path]);
  if (status !== 0) throw new Error(`mkfifo ${path}: ${stderr.toString()}`);
}

/** Until the program waits for what a pipe will bring, which is nothing. */
export const opened = (pipe: string) => async (child: ChildProcess) => {
  const writing = constants.O_WRONLY | constants.O_NONBLOCK;
  let writer: FileHandle | undefined;
  for (let tries = 0; writer === undefined; tries++) {
    try {
      writer = await open(pipe, writing);
    } catch (error) {
      // There is no reader yet.
      if ((error as NodeJS.ErrnoException).code !== 'ENXIO') throw error;
      if (tries === 1500) throw new Error(`nobody opened ${pipe} within 30 s`, { cause: error });
      await sleep(20);
    }
  }
  const handle = writer;
  child.once('close', () => void handle.close());
};
