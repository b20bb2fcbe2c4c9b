/* npm run test:repeat: the tests over and over while the cores are busy with something else. */
import { spawn } from 'node:child_process';
import { createWriteStream } from 'node:fs';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { environment, root } from '../setup/install.mjs';

const help = `npm run test:repeat -- [options]

Runs npm test many times, the tests themselves never from Nx's cache, while other processes burn the
cores. Tells of every run what passed, what failed, by name, and how long it took.

  --times N         runs; default 10
  --burners N       processes that burn a core each; default 2
  --only PROJECT    the tests of one project, as api
  --help            this text

Exit code: 0 all runs passed, 1 one failed, 2 a bad option.
`;

/** Computes until its standard input closes, which it does when the parent ends in whatever way. */
const BURNER = `
  process.stdin.resume().on('end', () => process.exit());
  const burn = () => {
    for (const end = Date.now() + 50; Date.now() < end; );
    setImmediate(burn);
  };
  burn();`;

/** @throws Error naming the option, the value got and the value wanted */
function readOptions() {
  const text = { type: 'string' };
  const options = { times: text, burners: text, only: text, help: { type: 'boolean' } };
  const { values } = parseArgs({ options });
  const whole = (name, fallback, least) => {
    const number = Number(values[name] ?? fallback);
    if (Number.isSafeInteger(number) && number >= least) return number;
    throw new Error(`--${name} is ${values[name]}, wanted a whole number ≥ ${least}`);
  };
  return { ...values, times: whole('times', 10, 1), burners: whole('burners', 2, 0) };
}

/** Ends with everything that it started, as Ctrl-C in a terminal does. */
function endGroup(child) {
  try {
    process.kill(-child.pid, 'SIGTERM');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/**
 * Runs the tests once, their output going to a file.
 * @returns {Promise<number>} the exit code
 */
function testOnce(run, only, log, signal) {
  const args = ['tools/setup/test.mjs', '--outputStyle=stream', ...(only ? ['-p', only] : [])];
  // Nx takes tests from its cache only if this is as it was.
  const env = { ...environment, TEST_RUN: `${process.pid}.${run}` };
  const stdio = ['ignore', 'pipe', 'pipe'];
  const child = spawn(process.execPath, args, { cwd: root, env, stdio, detached: true });
  const output = createWriteStream(log);
  for (const stream of [child.stdout, child.stderr]) stream.pipe(output, { end: false });
  const end = () => endGroup(child);
  signal.addEventListener('abort', end);
  return new Promise((resolve, reject) => {
    child.on('error', reject).on('close', (code) => {
      signal.removeEventListener('abort', end);
      output.end(() => resolve(code ?? 1));
    });
  });
}

/** What Jest's reports say: how many passed, and the names of the tests and suites that did not. */
async function readResults() {
  const folder = `${root}.results`;
  const files = await readdir(folder).catch(() => []);
  const results = { passed: 0, failures: [] };
  for (const file of files) {
    const report = JSON.parse(await readFile(join(folder, file), 'utf8'));
    results.passed += report.numPassedTests;
    for (const { name, assertionResults, message, status } of report.testResults) {
      const failed = assertionResults.filter((test) => test.status === 'failed');
      const suite = name.slice(root.length);
      results.failures.push(...failed.map(({ fullName }) => `${suite}: ${fullName}`));
      if (status === 'failed' && failed.length === 0) {
        results.failures.push(`${suite}: ${message.trim().split('\n')[0]}`);
      }
    }
  }
  return results;
}

async function repeat({ times, only }, folder, signal) {
  let failed = 0;
  for (let run = 1; run <= times && !signal.aborted; run++) {
    const log = join(folder, `${run}.txt`);
    const start = performance.now();
    const code = await testOnce(run, only, log, signal);
    if (signal.aborted) break;
    const seconds = Math.round((performance.now() - start) / 1000);
    const { passed, failures } = await readResults();
    // Lint, types and build have no tests of their own.
    if (code !== 0 && failures.length === 0) failures.push('lint, types or build');
    console.log(
      `run ${run} of ${times}: ${passed} passed, ${failures.length} failed, ${seconds} s`,
    );
    for (const failure of failures) console.log(`  ${failure}`);
    if (failures.length > 0) console.log(`  output: ${log}`);
    failed += failures.length > 0 ? 1 : 0;
  }
  return failed;
}

async function main(options) {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => controller.abort());
  const folder = await mkdtemp(join(tmpdir(), 'adscale-repeat-'));
  const burners = Array.from({ length: options.burners }, () =>
    spawn(process.execPath, ['-e', BURNER], { stdio: ['pipe', 'ignore', 'inherit'] }),
  );
  try {
    const failed = await repeat(options, folder, controller.signal);
    if (controller.signal.aborted) process.exitCode = 130;
    else console.log(failed === 0 ? 'All runs passed.' : `${failed} of the runs failed.`);
    if (failed > 0) process.exitCode ||= 1;
  } finally {
    for (const burner of burners) burner.kill('SIGKILL');
  }
}

let options;
try {
  options = readOptions();
} catch (error) {
  console.error(error.message);
  process.exit(2);
}
if (options.help) console.log(help);
else await main(options);
