import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Boundary {
  readonly project: string;
  readonly mayUse: readonly string[];
  readonly because: string;
}

/** Lints a line of code as if it stood in a file, in a process of its own: ESLint is ES modules. */
function lint(code: string, file: string): string[] {
  const script = `
    import { ESLint } from 'eslint';
    const eslint = new ESLint({ overrideConfigFile: 'tools/eslint.config.mjs' });
    const [code, filePath] = process.argv.slice(1);
    const [{ messages }] = await eslint.lintText(code, { filePath });
    console.log(JSON.stringify(messages.map(({ message }) => message)));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--input-type=module', '-e', script, code, file],
    { cwd: root, encoding: 'utf8' },
  );
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as string[];
}

function boundaries(): { boundaries: Boundary[]; noNestInLibs: string } {
  const script = `
    import { boundaries, noNestInLibs } from './tools/eslint.config.mjs';
    console.log(JSON.stringify({ boundaries, noNestInLibs }));`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    encoding: 'utf8',
  });
  return JSON.parse(stdout);
}

const { boundaries: table, noNestInLibs } = boundaries();
const fileOf = (project: string): string =>
  `${['api', 'trainer'].includes(project) ? 'apps' : 'libs'}/${project}/src/index.ts`;

describe('the boundaries', () => {
  it.each(table)('of $project are told with their reason', ({ project, mayUse, because }) => {
    const others = table.map((boundary) => boundary.project).filter((name) => name !== project);
    const code = others.map((name) => `import '@adscale/${name}';`).join('\n');
    const refused = lint(code, fileOf(project)).filter((message) => message.includes(because));
    expect(refused).toHaveLength(others.length - mayUse.length);
    expect(because).toMatch(/^[A-Z][^.]+\.$/);
  });

  it('keep Nest out of libraries, and let apps have it', () => {
    const code = `import '@nestjs/common';`;
    expect(lint(code, 'libs/ctr/src/index.ts').join()).toContain(noNestInLibs);
    expect(lint(code, 'apps/api/src/main.ts').join()).not.toContain(noNestInLibs);
  });
});
