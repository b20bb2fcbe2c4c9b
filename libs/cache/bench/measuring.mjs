import { execSync } from 'node:child_process';
import { cpus } from 'node:os';

/** What the figures below it were measured on. */
export function machineLine() {
  const commit = execSync('git rev-parse --short HEAD 2>/dev/null || echo none').toString().trim();
  return `${cpus().length} × ${cpus()[0].model}, Node ${process.version}, commit ${commit}`;
}

/** @param {number[]} values an odd number of them */
export function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** Prints a Markdown table. */
export function printTable(header, rows) {
  const lines = [header, header.map(() => '---'), ...rows];
  for (const line of lines) console.log(`| ${line.join(' | ')} |`);
}
