import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { ScenarioName } from '@adscale/api/load/goals.ts';
import { build } from 'esbuild';
import type { LoadOptions } from './options.ts';

/** The script of a scenario, from the repository's root: with the app that it is about. */
export function k6Script(scenario: ScenarioName): string {
  const app = scenario === 'retrain' ? 'trainer' : 'api';
  return join('apps', app, 'load', `${scenario}.k6.ts`);
}

/** One JavaScript file with nothing but `k6` imports left: any version of k6 runs it. */
export async function bundleForK6(script: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [script],
    bundle: true,
    format: 'esm',
    target: 'es2020',
    external: ['k6', 'k6/*'],
    outfile,
  });
}

/** Runs a scenario in k6, whose own report goes to the terminal; its exit code (0: goals met). */
export async function runK6(
  k6: string,
  options: LoadOptions,
  folders: { root: string; folder: string },
): Promise<number> {
  const bundle = join(folders.folder, `${options.scenario}.k6.js`);
  await bundleForK6(join(folders.root, k6Script(options.scenario)), bundle);
  const settings = {
    BASE_URL: options.baseUrl,
    USERS: options.users,
    DURATION: options.duration,
    WARM_UP: options.warmUp,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return new Promise((resolve, reject) => {
    const child = spawn(k6, ['run', ...args, bundle], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
