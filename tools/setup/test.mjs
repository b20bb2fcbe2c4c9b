/* npm test: install if needed, then lint, types, build and every test; ends with the counts. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { ensureInstalled, environment, root } from './install.mjs';

ensureInstalled();
const results = `${root}.results`;
rmSync(results, { recursive: true, force: true });

const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/.bin/nx',
    'run-many',
    '-t',
    'lint',
    'typecheck',
    'build',
    'test',
    ...process.argv.slice(2),
  ],
  { cwd: root, env: environment, stdio: 'inherit' },
);

// None where a build failed before any test ran.
const files = existsSync(results) ? readdirSync(results) : [];
const reports = files.map((file) => JSON.parse(readFileSync(`${results}/${file}`, 'utf8')));
const total = (key) => reports.reduce((sum, report) => sum + report[key], 0);
// A suite that does not even load has no tests to fail, but it is a failure.
const broken = total('numRuntimeErrorTestSuites');
const failed = total('numFailedTests') + broken;
// Lint, types and build count as one check: they have no tests of their own.
const rest = status === 0 || failed > 0 ? 0 : 1;
console.log(`${total('numPassedTests')} passed, ${failed + rest} failed`);
process.exit(status === 0 && failed === 0 ? 0 : 1);
