/*
 * Proves @adscale/forest as strangers get it: packs it, lints the package, installs the tarball in
 * an empty folder, and asks it for the same prediction from ES modules, CommonJS, TypeScript and
 * a browser.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import { environment, root } from '../setup/install.mjs';

const project = join(root, 'libs/forest');

/** A program that fits and predicts; ends by handing `answer` over. */
const program = `
  const columns = columnsFrom(
    { features: [{ name: 'x', kind: 'numeric' }, { name: 'c', kind: 'categorical', categories: ['a', 'b'] }] },
    { x: Array.from({ length: 200 }, (_, i) => i % 17), c: Array.from({ length: 200 }, (_, i) => (i % 3 ? 'a' : 'b')) },
  );
  const target = Float64Array.from({ length: 200 }, (_, i) => (i % 17) ** 2 + (i % 3 ? 0 : 9));
  const { forest } = fit({ columns, target }, { trees: 20, minLeafRows: 1 });
  const again = readModel(writeModel(forest));
  const rows = Float64Array.of(0, 1, 5.5, 1, NaN, 1);
  const answer = [0, 5.5, NaN].map((x) => again.compile().predict([x, 1])).join();
  for (const options of [{}, { maxTableCells: 0 }]) {
    const batch = again.compile(options).predictBatch(rows, new Float64Array(3));
    if (answer !== batch.join()) throw new Error('other numbers');
  }
`;
const names = 'columnsFrom, fit, readModel, writeModel';

function sh(command, args, cwd, expected = 0) {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  assert.equal(status, expected, `${command} ${args.join(' ')}\n${stdout}\n${stderr}`);
  return stdout.trim();
}

/** The steps, each with a name; they share a folder that `clean` removes. */
export async function packageSteps() {
  const folder = await mkdtemp(join(tmpdir(), 'adscale-package-'));
  let tarball;
  let expected;
  const run = async (file, source) => {
    await writeFile(join(folder, file), source);
    return sh(process.execPath, [file], folder);
  };
  /** What a page shows that runs a program, bundled into it. */
  const shown = async (name, source, head = '') => {
    await writeFile(join(folder, `${name}.mjs`), source);
    const { outputFiles } = await build({
      entryPoints: [join(folder, `${name}.mjs`)],
      bundle: true,
      platform: 'browser',
      format: 'iife',
      write: false,
    });
    const page = `<!doctype html><head>${head}</head><body><script>${outputFiles[0].text}</script></body>`;
    await writeFile(join(folder, `${name}.html`), page);
    return dump(join(folder, `${name}.html`), folder);
  };
  const steps = [
    {
      name: 'the package packs, and publint and attw find nothing',
      run: () => {
        const packed = sh('npm', ['pack', '--silent', '--pack-destination', folder], project);
        tarball = join(folder, packed.split('\n').at(-1));
        sh(process.execPath, [`${root}node_modules/.bin/publint`, '--strict', tarball], root);
        // node10 knows no exports map; Node itself has since 2019.
        sh(
          process.execPath,
          [`${root}node_modules/.bin/attw`, '--profile', 'node16', tarball],
          root,
        );
      },
    },
    {
      name: 'the tarball installs in an empty folder and is imported from ES modules',
      run: async () => {
        await writeFile(join(folder, 'package.json'), '{ "private": true }');
        sh('npm', ['install', '--no-audit', '--no-fund', '--silent', tarball], folder);
        expected = await run(
          'es.mjs',
          `import { ${names} } from '@adscale/forest';${program}console.log(answer);`,
        );
        assert.match(expected, /^[\d.]+,[\d.]+,[\d.]+$/);
      },
    },
    {
      name: 'CommonJS requires it, threads and ONNX included',
      run: async () => {
        const entries = `
          const { ${names} } = require('@adscale/forest');
          const { fitParallel } = require('@adscale/forest/node');
          const { toOnnx, fromOnnx } = require('@adscale/forest/onnx');`;
        const more = `
          fitParallel({ columns, target }, { trees: 20, minLeafRows: 1 }, { threads: 2 }).then((parallel) => {
            const back = fromOnnx(toOnnx(parallel.forest));
            if (back.predict([5.5, 1]) !== forest.predict([5.5, 1])) throw new Error('other numbers');
            console.log(answer);
          });`;
        assert.equal(await run('common.cjs', entries + program + more), expected);
      },
    },
    {
      name: 'TypeScript finds its types, as an ES module and as CommonJS',
      run: async () => {
        const typed = `import { ${names}, type Forest } from '@adscale/forest';
          import { fitParallel } from '@adscale/forest/node';
          ${program}
          const typed: Forest = forest;
          const text: string = answer;
          export { typed, text, fitParallel };`;
        await writeFile(join(folder, 'es.mts'), typed);
        await writeFile(join(folder, 'common.cts'), typed);
        const flags = [
          '--noEmit',
          '--strict',
          '--module',
          'nodenext',
          '--target',
          'es2023',
          '--ignoreConfig',
        ];
        const types = ['--types', 'node', '--typeRoots', `${root}node_modules/@types`];
        sh(
          process.execPath,
          [`${root}node_modules/.bin/tsc`, ...flags, ...types, 'es.mts', 'common.cts'],
          folder,
        );
      },
    },
    {
      name: 'a browser bundle predicts the same numbers in headless Chromium',
      run: async () => {
        if (spawnSync('chromium', ['--version']).error) {
          return { skipped: 'chromium is not on the PATH' };
        }
        const source = `import { ${names} } from '@adscale/forest';${program}document.body.textContent = answer;`;
        assert.match(await shown('page', source), new RegExp(`<body>${expected}</body>`));
      },
    },
    {
      name: 'a page whose policy forbids WebAssembly predicts the same numbers, and says why it cannot fit',
      run: async () => {
        if (spawnSync('chromium', ['--version']).error) {
          return { skipped: 'chromium is not on the PATH' };
        }
        const model = await run(
          'model.mjs',
          `import { ${names} } from '@adscale/forest';${program}
          console.log(Buffer.from(writeModel(forest)).toString('base64'));`,
        );
        const source = `import { ${names} } from '@adscale/forest';
          const again = readModel(Uint8Array.from(atob('${model}'), (char) => char.charCodeAt(0)));
          const rows = Float64Array.of(0, 1, 5.5, 1, NaN, 1);
          const answers = [{}, { maxTableCells: 0 }].map((options) =>
            again.compile(options).predictBatch(rows, new Float64Array(3)).join(),
          );
          let code = 'none';
          try {
            const columns = columnsFrom({ features: [{ name: 'x', kind: 'numeric' }] }, { x: [1, 2] });
            fit({ columns, target: Float64Array.of(1, 2) });
          } catch (error) {
            code = error.code;
          }
          document.body.textContent = [...answers, code].join(';');`;
        const policy = `<meta http-equiv="Content-Security-Policy" content="script-src 'unsafe-inline'">`;
        assert.match(
          await shown('strict', source, policy),
          new RegExp(`<body>${expected};${expected};KERNELS_UNAVAILABLE</body>`),
        );
      },
    },
    {
      name: 'nx release knows the next version',
      run: () => {
        const release = ['release', 'patch', '--dry-run', '--skip-publish'];
        const printed = spawnSync(process.execPath, [`${root}node_modules/.bin/nx`, ...release], {
          cwd: root,
          env: environment,
          encoding: 'utf8',
        });
        assert.match(printed.stdout, /New version \d+\.\d+\.\d+ written to manifest: libs\/forest/);
        assert.equal(printed.status, 0);
      },
    },
  ];
  return { steps, clean: () => rm(folder, { recursive: true, force: true }) };
}

/** The page as Chromium has it after running its script. */
function dump(page, folder) {
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  const profile = `--user-data-dir=${join(folder, 'profile')}`;
  return sh(
    'chromium',
    [...flags, profile, '--no-first-run', '--dump-dom', `file://${page}`],
    folder,
  );
}
