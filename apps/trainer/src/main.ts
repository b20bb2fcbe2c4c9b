#!/usr/bin/env node
/*
 * The program is two processes, so that it can be stopped wherever it stands. Node runs the handler
 * of a signal between two turns of its event loop, and a long calculation, such as judging a million
 * rows or drawing a report, is one turn. So this process does nothing but wait for signals:
 *
 *   main.ts ─── signal ───▶ program.ts    runs the command, and ends by itself where it can;
 *      │                                  after GRACE it is killed wherever it stands
 *      ╰──◀─ temporary path ─╯            tells what it writes, so that main.ts can remove it
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { exitCodes } from './cli/exit.js';

/** Milliseconds that the command has to end by itself. With what follows it is under a second. */
const GRACE = 500;

/** Shows the cursor again, which a progress bar has hidden, and clears the bar's line. */
const MEND_TERMINAL = '\r\x1b[K\x1b[?25h';

const program = fork(fileURLToPath(new URL('program.js', import.meta.url)), process.argv.slice(2));
const temporaries = new Set<string>();
let received: NodeJS.Signals | undefined;

program.on('message', ({ temporary }: { temporary: string }) => temporaries.add(temporary));
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop(name));
// A program that started this one and talks to it is gone, and with it whoever waits for the result.
process.on('disconnect', () => stop('SIGTERM'));
process.channel?.unref();

const [[status, killedBy]] = (await Promise.all([
  once(program, 'exit'),
  // By then every message has arrived.
  once(program, 'disconnect'),
])) as [[number | null, NodeJS.Signals | null], unknown];
for (const path of temporaries) rmSync(path, { recursive: true, force: true });
if (killedBy !== null && process.stderr.isTTY) process.stderr.write(MEND_TERMINAL);
if (killedBy !== null || status === exitCodes.interrupted) {
  const signal = received ?? killedBy ?? 'SIGINT';
  tell(
    received === undefined && killedBy !== null ? `killed by ${signal}` : `stopped by ${signal}`,
  );
  process.exitCode = 128 + constants.signals[signal];
} else {
  process.exitCode = status ?? exitCodes.failed;
}

function stop(signal: NodeJS.Signals): void {
  received ??= signal;
  program.kill(signal);
  setTimeout(() => program.kill('SIGKILL'), GRACE).unref();
}

function tell(what: string): void {
  const asJson = process.argv.includes('--json');
  console.error(asJson ? JSON.stringify({ error: what }) : `adscale: ${what}`);
}
