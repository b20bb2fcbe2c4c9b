// `npm run load`: bundles the load runner, since Node 20 runs no TypeScript, and starts it.
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
// inside node_modules, so that the bundle still finds the packages that it imports
const folder = join(root, 'node_modules', '.cache', 'adscale-load');
await mkdir(folder, { recursive: true });
const outfile = join(folder, `run-${process.pid}.mjs`);
await build({
  entryPoints: [join(root, 'tools', 'load', 'run.ts')],
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  external: ['autocannon', 'esbuild'],
  outfile,
});
const { run } = await import(pathToFileURL(outfile).href);
await rm(outfile);
process.exitCode = await run({ args: process.argv.slice(2), env: process.env, root, folder });
