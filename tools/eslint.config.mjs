import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';
import { boundaries, noNestInLibs, sourceOf, stages } from './boundaries.mjs';

const nxRules = boundaries.map(({ project, mayUse }) => ({
  sourceTag: `is:${project}`,
  onlyDependOnLibsWithTags: mayUse.map((name) => `is:${name}`),
}));

/**
 * The same edges as import patterns, because only these carry a sentence to the reader; and those of
 * the stages inside a project.
 */
function edgesOf({ project, mayUse, because }) {
  const source = sourceOf(project);
  const patterns = [
    {
      regex: `^@adscale/(?!(${['', ...mayUse].join('|') || '-'})(/|$))`,
      message: because,
    },
    {
      group: ['**/../../**'],
      message: 'Climb one folder at most: what is further away has a name.',
    },
  ];
  if (source.startsWith('libs/')) patterns.push({ group: ['@nestjs/*'], message: noNestInLibs });
  const restricted = (files, more = []) => ({
    files,
    rules: { 'no-restricted-imports': ['error', { patterns: [...patterns, ...more] }] },
  });
  return [
    restricted([`${source}/**/*.{ts,tsx}`]),
    // A stage is a file or a folder. Folders below one need no rule: they may not climb out of it.
    ...stages[project].flatMap((entry) => [
      restricted([`${source}/${entry.stage}.{ts,tsx}`], [otherThan('\\./', entry)]),
      restricted([`${source}/${entry.stage}/*.{ts,tsx}`], [otherThan('\\.\\./', entry)]),
    ]),
  ];
}

/** Any import of another stage than those of `mayUse`. */
function otherThan(prefix, { stage, mayUse, because }) {
  return { regex: `^${prefix}(?!(${[stage, ...mayUse].join('|')})(/|\\.js$))`, message: because };
}

const exportAll = {
  selector: 'ExportAllDeclaration',
  message: 'List what is exported: readers look for it.',
};

/** What makes a test fail on a busy machine though the code is right. */
const unsteady = [
  {
    selector: 'NewExpression[callee.name="Promise"] CallExpression[callee.name="setTimeout"]',
    message: 'A sleep is too short on some machine: wait for an event, or with a bound.',
  },
  {
    selector: 'ImportSpecifier[imported.name="setTimeout"]',
    message: 'A sleep is too short on some machine: wait for an event, or with a bound.',
  },
  {
    selector: 'Identifier[name=/^(memoryUsage|resourceUsage)$/]',
    message: 'Bytes of memory are for benchmarks to report: count what is kept instead.',
  },
];

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**', '**/schema.d.ts'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  ...tseslint.configs.stylistic,
  {
    files: ['**/*.ts', '**/*.tsx', '**/*.mjs', '**/*.cjs'],
    plugins: { '@nx': nx },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          allow: [],
          // Tests of what only works as built import their own package by name.
          allowCircularSelfDependency: true,
          depConstraints: [
            ...nxRules,
            { sourceTag: 'type:tool', onlyDependOnLibsWithTags: ['type:lib', 'type:app'] },
          ],
        },
      ],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-function': 'off',
      // Numeric kernels count in indices.
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        // `const { left, ...rest }` leaves something out.
        { argsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      'no-restricted-syntax': ['error', exportAll],
      eqeqeq: 'error',
      curly: ['error', 'multi-line'],
    },
  },
  {
    // Helpers beside the tests may poll: with a bound, and an error that says what was waited for.
    files: ['**/test/**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', exportAll, ...unsteady] },
  },
  {
    // AssemblyScript: a cast converts a number, numbers of one type are compared, and there are some of
    // 64 bits.
    files: ['libs/*/kernels/**/*.ts'],
    rules: {
      eqeqeq: 'off',
      'no-loss-of-precision': 'off',
      '@typescript-eslint/consistent-type-assertions': 'off',
      '@typescript-eslint/consistent-type-imports': 'off',
    },
  },
  {
    // Dependency injection reads parameter types at run time: a type-only import would erase them.
    files: ['apps/api/**/*.ts'],
    rules: { '@typescript-eslint/consistent-type-imports': 'off' },
  },
  {
    // Decisions are held against the truth, which the generator knows; the library itself does not.
    files: ['libs/decisions/{test,bench}/**'],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    // k6 knows no package names, so scenarios share the traffic model by path; and apps, which
    // `npm start` runs, are no packages to import.
    files: [
      'apps/*/load/**/*.ts',
      'tools/load/**/*.ts',
      'tools/test/load-*.ts',
      'tools/setup/start.mjs',
    ],
    rules: { '@nx/enforce-module-boundaries': 'off' },
  },
  {
    files: ['**/*.mjs', '**/*.cjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        module: 'writable',
        URL: 'readonly',
        performance: 'readonly',
        fetch: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        Buffer: 'readonly',
        AbortController: 'readonly',
        AbortSignal: 'readonly',
      },
    },
  },
  {
    // Parts of these run in a page.
    files: ['apps/dashboard/bench/**/*.mjs'],
    languageOptions: {
      globals: { window: 'readonly', document: 'readonly', MutationObserver: 'readonly' },
    },
  },
  ...boundaries.flatMap(edgesOf),
  prettier,
);
