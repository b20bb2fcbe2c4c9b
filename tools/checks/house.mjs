/* node tools/checks/house.mjs: the sources in numbers, now and, with --base, at another commit. */
import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { table } from '../bench/report.mjs';
import { boundaries, sourceOf } from '../boundaries.mjs';
import { root } from '../setup/install.mjs';
import { folderOf, graphOf, knotsOf, ownImports, sourcesIn } from './graph.mjs';

const help = `node tools/checks/house.mjs [options]

Source files of every project, tests and benchmarks left out: how many, their lines (imports and
comments included), how many are shorter than 40 lines, and knots of folders that import each
other. What a request and a record pass of them: node tools/checks/passed.mjs

  --base <ref>  the same at this commit too, read from git
  --help        this text
`;

const SHORT = 40;

function git(args, input) {
  return execFileSync('git', args, { cwd: root, input, maxBuffer: 2 ** 28 });
}

const isSource = (path) => /^(apps|libs)\/[^/]+\/src\/.*\.ts$/.test(path);

/** The text of every source, by its path from the root, in the working tree. */
function worktree() {
  const sources = boundaries.map(({ project }) => sourceOf(project));
  const texts = sources.flatMap((source) =>
    Array.from(sourcesIn(root + source), ([path, text]) => [`${source}/${path}`, text]),
  );
  return new Map(texts);
}

/** The same at a commit. */
function treeAt(ref) {
  const paths = git(['ls-tree', '-r', '--name-only', ref]).toString().split('\n').filter(isSource);
  const all = git(['cat-file', '--batch'], paths.map((path) => `${ref}:${path}\n`).join(''));
  let at = 0;
  return new Map(
    paths.map((path) => {
      const start = all.indexOf(10, at) + 1;
      const end = start + Number(all.toString('utf8', at, start).trim().split(' ')[2]);
      at = end + 1;
      return [path, all.toString('utf8', start, end)];
    }),
  );
}

function sizes(tree) {
  return boundaries.map(({ project }) => {
    const source = `${sourceOf(project)}/`;
    const own = Array.from(tree).filter(([path]) => path.startsWith(source));
    const sources = new Map(own.map(([path, text]) => [path.slice(source.length), text]));
    const lines = own.map(([, text]) => text.split('\n').length - 1);
    return {
      project,
      files: own.length,
      lines: lines.reduce((sum, n) => sum + n, 0),
      short: lines.filter((n) => n < SHORT).length,
      knots: knotsOf(graphOf(ownImports(sources), folderOf)).length,
    };
  });
}

function main() {
  const options = { base: { type: 'string' }, help: { type: 'boolean' } };
  const { values } = parseArgs({ options });
  if (values.help) return void console.log(help);
  const trees = [worktree(), ...(values.base === undefined ? [] : [treeAt(values.base)])];
  const beside = (numbers) => numbers.map((n) => n.toLocaleString('en')).join(' ← ');
  const counted = trees.map(sizes);
  const keys = ['files', 'lines', 'short', 'knots'];
  const rows = boundaries.map(({ project }, i) => [
    project,
    ...keys.map((key) => beside(counted.map((sizesOf) => sizesOf[i][key]))),
  ]);
  const total = (key) => counted.map((all) => all.reduce((sum, one) => sum + one[key], 0));
  const head = ['', 'files', 'lines', `under ${SHORT} lines`, 'folder knots'];
  console.log(table(head, [...rows, ['all', ...keys.map((key) => beside(total(key)))]]));
  if (values.base !== undefined) console.log(`\n(now ← ${values.base})`);
}

main();
