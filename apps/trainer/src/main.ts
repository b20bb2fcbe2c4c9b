#!/usr/bin/env node
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());

// Loading the rest takes a moment: Ctrl-C counts from the first.
const { runProgram } = await import('./run.js');
process.exitCode = await runProgram(interrupt.signal);
