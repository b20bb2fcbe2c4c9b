/*
 * The trainer as a child process. It is the same program that people run; this service knows its flags and
 * its lines of JSON, and nothing of its inside.
 *
 *   stdout   one JSON document, the result, at the end
 *   stderr   a line of JSON for each step, note and error
 *   channel  closes when this process dies, whereupon the trainer stops by itself
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, constants, setPriority } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { ConfigError } from '../config.js';
import { Progress } from './progress.js';

/** A result is some megabytes at most, as of a table of thousands of columns. */
const MOST_RESULT_BYTES = 64 * 2 ** 20;
/** From asking the trainer to end to ending it, in milliseconds. It takes half a second by itself. */
const GRACE_MS = 3000;

/** Whatever else is in the service's environment, its keys among it, is no concern of the trainer. */
const ENVIRONMENT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'NODE_ENV', 'SystemRoot'];

/** Where the trainer is installed. @throws ConfigError if it is not */
export function findTrainer(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('@adscale/trainer/package.json');
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin: { adscale: string } };
    const program = join(dirname(manifest), bin.adscale);
    if (existsSync(program)) return program;
    throw new Error(`${program} is not there: build it by "npx nx build trainer"`);
  } catch (cause) {
    const reason = (cause as Error).message.split('\n', 1)[0];
    throw new ConfigError(
      `TRAINER: got "on", but the trainer, @adscale/trainer, is not installed beside the service (${reason}); wanted off, or both from one checkout as in "npm start"`,
    );
  }
}

/** What a child is started with. */
export interface TrainerRun {
  readonly program: string;
  readonly args: readonly string[];
  /** Folder for whatever it writes meanwhile. */
  readonly scratch: string;
  /** Megabytes of its heap. */
  readonly memory: number;
  readonly progress: Progress;
}

/** How a child ended. */
export type TrainerEnd =
  | { readonly kind: 'done'; readonly result: unknown }
  | { readonly kind: 'failed'; readonly error: string };

/** A trainer that runs. */
export class RunningTrainer {
  /** Resolves when it has ended, and whatever it wrote is read. Never rejects. */
  readonly ended: Promise<TrainerEnd>;
  private readonly child: ChildProcess;
  private killing: NodeJS.Timeout | undefined;

  constructor({ program, args, scratch, memory, progress }: TrainerRun) {
    const kept = ENVIRONMENT.flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    });
    this.child = spawn(
      process.execPath,
      [`--max-old-space-size=${memory}`, program, ...args, '--json', '--progress'],
      {
        cwd: scratch,
        env: { ...Object.fromEntries(kept), TMPDIR: scratch },
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
        // A group of its own: Ctrl-C at a terminal is for the service, which then ends its child.
        detached: true,
      },
    );
    this.beModest();
    this.ended = this.wait(progress);
  }

  /** Ends it, wherever it stands; `ended` tells when. */
  stop(): void {
    if (this.killing !== undefined) return;
    this.child.kill('SIGTERM');
    this.killing = setTimeout(() => this.killGroup(), GRACE_MS);
  }

  /** Serving comes first: whatever the trainer starts inherits this. */
  private beModest(): void {
    const { pid } = this.child;
    if (pid === undefined) return;
    try {
      setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      // It has ended already, which is told where it is waited for.
    }
  }

  private killGroup(): void {
    const { pid, exitCode, signalCode } = this.child;
    if (pid === undefined || exitCode !== null || signalCode !== null) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      this.child.kill('SIGKILL');
    }
  }

  private async wait(progress: Progress): Promise<TrainerEnd> {
    const { child } = this;
    const told: Buffer[] = [];
    let bytes = 0;
    child.stdout!.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MOST_RESULT_BYTES) this.stop();
      else told.push(chunk);
    });
    const lines = createInterface({ input: child.stderr!, crlfDelay: Infinity });
    lines.on('line', (line) => progress.hear(line));
    const end = await new Promise<string | undefined>((resolve) => {
      child.once('error', (error) => resolve(`the trainer cannot be started: ${error.message}`));
      child.once('close', (code, signal) => resolve(reasonOf(code, signal, progress.error)));
    });
    clearTimeout(this.killing);
    if (end !== undefined) return { kind: 'failed', error: end };
    if (bytes > MOST_RESULT_BYTES) return { kind: 'failed', error: 'its result is too large' };
    try {
      return { kind: 'done', result: JSON.parse(Buffer.concat(told).toString()) as unknown };
    } catch {
      return { kind: 'failed', error: 'the trainer ended without a result' };
    }
  }
}

/** Why a child failed; undefined if it did not. */
function reasonOf(
  code: number | null,
  signal: NodeJS.Signals | null,
  error: string | undefined,
): string | undefined {
  if (code === 0) return undefined;
  const told = error ?? (signal ? `killed by ${signal}` : `ended with status ${code}`);
  if (!/^killed by SIG(ABRT|KILL)/.test(told)) return told;
  return `${told}, as happens without enough memory: TRAINING_MEMORY_MB is its bound`;
}

/** Threads of a job: one core is left to serve. */
export const trainerThreads = (): number => Math.max(1, availableParallelism() - 1);
