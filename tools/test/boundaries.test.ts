import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { boundaries, entries, noNestInLibs, sourceOf, stages } from '../boundaries.mjs';
import {
  folderOf,
  graphOf,
  importsOf,
  knotsOf,
  ownImports,
  sourcesIn,
  stageOf,
} from '../checks/graph.mjs';
import { root } from './load-program.ts';

interface Stage {
  readonly stage: string;
  readonly mayUse: readonly string[];
  readonly because: string;
}

interface Text {
  readonly code: string;
  readonly file: string;
}

/** Lints texts as if they stood in files, in a process of its own: ESLint's rules are ES modules. */
function lint(texts: Record<string, Text>): Record<string, string[]> {
  const script = `
    import { readFileSync } from 'node:fs';
    import { ESLint } from 'eslint';
    const eslint = new ESLint({ overrideConfigFile: 'tools/eslint.config.mjs' });
    const found = {};
    for (const [name, { code, file }] of Object.entries(JSON.parse(readFileSync(0, 'utf8')))) {
      const [{ messages }] = await eslint.lintText(code, { filePath: file });
      found[name] = messages.map(({ message }) => message);
    }
    console.log(JSON.stringify(found));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
    input: JSON.stringify(texts),
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Record<string, string[]>;
}

const projects = boundaries.map(({ project }) => project);
const tableOf = (project: string): readonly Stage[] => stages[project as keyof typeof stages];
const importing = (names: readonly string[]): string =>
  names.map((name) => `import '${name}';`).join('\n');

/** A file of a stage that imports every stage of its project, and the entries. */
function importingAll(project: string, stage: string): Text {
  const all = [...tableOf(project).map((entry) => entry.stage), ...entries];
  const source = sourceOf(project);
  return existsSync(join(root, source, stage))
    ? { file: `${source}/${stage}/x.ts`, code: importing(all.map((name) => `../${name}/x.js`)) }
    : { file: `${source}/${stage}.ts`, code: importing(all.map((name) => `./${name}.js`)) };
}

// All at once, since starting ESLint takes seconds.
const found = lint({
  'a library uses Nest': { code: importing(['@nestjs/common']), file: 'libs/ctr/src/index.ts' },
  'an app uses Nest': { code: importing(['@nestjs/common']), file: 'apps/api/src/main.ts' },
  climbing: { code: importing(['../../model/x.js']), file: 'libs/forest/src/exchange/a/b.ts' },
  'a test sleeps': {
    code: `await new Promise((resolve) => setTimeout(resolve, 300));`,
    file: 'libs/ctr/test/x.test.ts',
  },
  'a test sleeps by name': {
    code: `import { setTimeout as sleep } from 'node:timers/promises'; await sleep(300);`,
    file: 'libs/ctr/test/x.test.ts',
  },
  'a test weighs memory': {
    code: `expect(process.memoryUsage().heapUsed).toBeLessThan(3e6);`,
    file: 'libs/ctr/test/x.test.ts',
  },
  'exporting all': { code: `export * from './a.js';`, file: 'libs/forest/src/index.ts' },
  ...Object.fromEntries(
    boundaries.map(({ project }) => [
      project,
      {
        code: importing(boundaries.map((other) => `@adscale/${other.project}`)),
        file: `${sourceOf(project)}/index.ts`,
      },
    ]),
  ),
  ...Object.fromEntries(
    projects.flatMap((project) =>
      tableOf(project).map(({ stage }) => [`${project}/${stage}`, importingAll(project, stage)]),
    ),
  ),
});

describe('the boundaries between projects', () => {
  it.each(boundaries)('of $project are told with their reason', ({ project, mayUse, because }) => {
    const refused = found[project]!.filter((message) => message.includes(because));
    // Its own name too: a project imports its own files.
    expect(refused).toHaveLength(boundaries.length - mayUse.length);
    expect(because).toMatch(/^[A-Z][^.]+\.$/);
  });

  it('keep Nest out of libraries, and let apps have it', () => {
    expect(found['a library uses Nest']!.join()).toContain(noNestInLibs);
    expect(found['an app uses Nest']!.join()).not.toContain(noNestInLibs);
  });

  it('let nobody climb two folders, or export what is not listed', () => {
    expect(found['climbing']!.join()).toContain('Climb one folder at most');
    expect(found['exporting all']!.join()).toContain('List what is exported');
  });
});

describe('a test', () => {
  it.each([
    ['a test sleeps', 'wait for an event, or with a bound'],
    ['a test sleeps by name', 'wait for an event, or with a bound'],
    ['a test weighs memory', 'count what is kept instead'],
  ])('may not depend on the machine: %s', (name, message) => {
    expect(found[name]!.join()).toContain(message);
  });
});

describe.each(projects)('the stages of %s', (project) => {
  const table = tableOf(project);
  const sources = sourcesIn(join(root, sourceOf(project)));
  const imports = ownImports(sources);

  it('are all that there are', () => {
    const there = new Set(Array.from(sources.keys(), stageOf));
    for (const entry of entries) there.delete(entry);
    expect([...there].sort()).toEqual(table.map(({ stage }) => stage).sort());
  });

  it('use earlier ones only, so that no way leads back', () => {
    const later = table.flatMap(({ stage, mayUse }, i) => {
      const earlier = new Set(table.slice(0, i).map((entry) => entry.stage));
      return mayUse.filter((used) => !earlier.has(used)).map((used) => `${stage} uses ${used}`);
    });
    expect(later).toEqual([]);
  });

  it('have a reason each, in a sentence', () => {
    for (const { because } of table) expect(because).toMatch(/^[A-Z].+[^.]\.$/);
    expect(new Set(table.map(({ because }) => because)).size).toBe(table.length);
  });

  it('are kept to by every import, those that ESLint does not see included', () => {
    const strays = imports.filter(({ from, to }) => {
      const [stage, used] = [stageOf(from), stageOf(to)];
      if (stage === used || entries.includes(stage)) return false;
      return !table.find((entry) => entry.stage === stage)?.mayUse.includes(used);
    });
    expect(strays).toEqual([]);
  });

  it('use all that they may: the table says no more than is so', () => {
    const real = graphOf(imports, stageOf);
    const idle = table.flatMap(({ stage, mayUse }) =>
      mayUse.filter((used) => !real.get(stage)?.has(used)).map((used) => `${stage} uses ${used}`),
    );
    expect(idle).toEqual([]);
  });

  it('have no folders, and no files, that import each other', () => {
    expect(knotsOf(graphOf(imports, folderOf))).toEqual([]);
    expect(knotsOf(graphOf(imports, (file) => file))).toEqual([]);
  });

  it.each(table)('are told by the linter: $stage', ({ stage, mayUse, because }) => {
    const told = found[`${project}/${stage}`]!;
    const others = table.length - 1 + entries.length;
    expect(told.filter((message) => message.includes(because))).toHaveLength(
      others - mayUse.length,
    );
  });
});

describe('the graph of imports', () => {
  it('is read from values, types, re-exports and import()', () => {
    const text = `
      import { a } from './a.js';
      import type { B } from '../model/b.js';
      export { c } from './deep/c.js';
      const d = await import('./d.js');
      // import './e.js';
      const text = "import './f.js'";`;
    expect(importsOf(text)).toEqual(['./a.js', '../model/b.js', './deep/c.js', './d.js']);
    const sources = new Map([['grow/x.ts', text]]);
    expect(ownImports(sources)).toEqual([
      { from: 'grow/x.ts', to: 'grow/a.ts' },
      { from: 'grow/x.ts', to: 'model/b.ts' },
      { from: 'grow/x.ts', to: 'grow/deep/c.ts' },
      { from: 'grow/x.ts', to: 'grow/d.ts' },
    ]);
  });

  it('takes folders apart at every depth, and files at the top for themselves', () => {
    const paths = ['index.ts', 'grow/x.ts', 'exchange/onnx/read.ts'];
    expect(paths.map(folderOf)).toEqual(['index', 'grow', 'exchange/onnx']);
    expect(paths.map(stageOf)).toEqual(['index', 'grow', 'exchange']);
  });

  it('has a knot wherever a way leads back', () => {
    const edges = (...pairs: string[]) =>
      graphOf(
        pairs.map((pair) => ({ from: pair[0]!, to: pair[1]! })),
        (path: string) => path,
      );
    expect(knotsOf(edges('ab', 'bc', 'ac', 'cd'))).toEqual([]);
    expect(knotsOf(edges('ab', 'ba'))).toEqual([['a', 'b']]);
    expect(knotsOf(edges('ab', 'bc', 'ca', 'cd', 'de', 'ed'))).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
  });
});
