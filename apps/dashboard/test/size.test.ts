import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

interface Row {
  readonly what: string;
  readonly measured: string;
  readonly bound?: string;
  readonly holds?: boolean;
}

it('the first load takes at most 200 kB over the wire, and charts as much again when one is shown', async () => {
  const budgets = join(__dirname, '../bench/budgets.mjs');
  const run = promisify(execFile)(process.execPath, [budgets, 'size', '--json']);
  // Ends with an error where a budget is not held; what it says is then on its output all the same.
  const { stdout } = await run.catch((error: { stdout: string; stderr: string }) => {
    if (error.stdout === '') throw new Error(error.stderr);
    return error;
  });
  const bounded = (JSON.parse(stdout) as Row[]).filter(({ bound }) => bound !== undefined);
  expect(bounded).toEqual([
    expect.objectContaining({ what: 'first load without charts', bound: '200.0 kB', holds: true }),
    expect.objectContaining({ bound: '200.0 kB', holds: true }),
  ]);
  // Something was measured: no page of this kind is smaller.
  for (const { measured } of bounded) expect(parseFloat(measured)).toBeGreaterThan(50);
}, 200_000);
