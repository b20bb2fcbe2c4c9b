// The process that runs the command: main.ts starts it and tells it of signals.
import { announceTemporaries } from './cli/temporary.js';

const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stop.abort());
// Whoever started it is gone, and with it everybody who could stop it.
process.on('disconnect', () => stop.abort());
process.channel?.unref();
announceTemporaries((temporary) => process.send?.({ temporary }));

// Loading the rest takes a moment: signals count from the first.
const { runCommand } = await import('./commands.js');
process.exitCode = await runCommand(process.argv.slice(2), stop.signal);
