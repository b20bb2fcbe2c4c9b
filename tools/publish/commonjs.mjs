/*
 * Adds CommonJS to a built library: `node tools/publish/commonjs.mjs libs/forest`
 *
 *   dist/**        ES modules and their types, by tsc
 *   dist/cjs/**    the same files translated one by one, so that a module stays one module and
 *                  `instanceof` holds between a package's entries; the types are copies
 */
import { cp, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build } from 'esbuild';

const [project] = process.argv.slice(2);
const dist = join(project, 'dist');
const cjs = join(dist, 'cjs');

const files = (await readdir(dist, { recursive: true }))
  .map((name) => join(dist, name))
  .filter((path) => !path.startsWith(cjs));

await build({
  entryPoints: files.filter((path) => path.endsWith('.js')),
  outdir: cjs,
  outbase: dist,
  format: 'cjs',
  platform: 'node',
  target: 'node20',
  sourcemap: true,
  logLevel: 'warning',
  // Files that start threads ask where they are.
  define: { 'import.meta.url': 'importMetaUrl' },
  banner: { js: importMetaUrl() },
});
for (const path of files.filter((file) => file.endsWith('.d.ts'))) {
  const target = join(cjs, relative(dist, path));
  await mkdir(dirname(target), { recursive: true });
  await cp(path, target);
}
await writeFile(join(cjs, 'package.json'), '{ "type": "commonjs" }\n');

/** Lazy and guarded: a browser bundle of the CommonJS files has neither name. */
function importMetaUrl() {
  return "var importMetaUrl = typeof __filename === 'string' ? 'file://' + __filename : '';";
}
