import { spawn } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { build } from 'esbuild';
import type { LoadOptions, Scenario } from './options.ts';

export const k6Scripts: Record<Scenario, string> = {
  predict: join('apps', 'api', 'load', 'predict.k6.ts'),
  retrain: join('apps', 'trainer', 'load', 'retrain.k6.ts'),
};

/** The path of k6, when a folder of `path` (in the form of the PATH variable) holds it. */
export async function findK6(path: string | undefined): Promise<string | undefined> {
  const name = process.platform === 'win32' ? 'k6.exe' : 'k6';
  for (const folder of (path ?? '').split(delimiter).filter(Boolean)) {
    const file = join(folder, name);
    if (await isExecutable(file)) return file;
  }
  return undefined;
}

function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
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
  await bundleForK6(join(folders.root, k6Scripts[options.scenario]), bundle);
  const settings = {
    BASE_URL: options.baseUrl,
    USERS: String(options.users),
    DURATION: `${options.duration}s`,
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  return new Promise((resolve, reject) => {
    const child = spawn(k6, ['run', ...args, bundle], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}
