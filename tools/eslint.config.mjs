import js from '@eslint/js';
import nx from '@nx/eslint-plugin';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/**
 * The edges of the design, one line each. `mayUse` is everything of ours that a project may
 * import; whatever else is imported gets `because` as its lint error.
 */
export const boundaries = [
  {
    project: 'forest',
    mayUse: [],
    because: 'The forest knows nothing of ads or services, so that anyone can import it alone.',
  },
  {
    project: 'datagen',
    mayUse: [],
    because: 'The generator is the outside truth that models are judged by: it must not know them.',
  },
  {
    project: 'cache',
    mayUse: [],
    because: 'The cache stores whatever it is given, so a change of model can never break it.',
  },
  {
    project: 'stats',
    mayUse: [],
    because:
      'Statistics count what they are told, so the hot path depends on nothing but counters.',
  },
  {
    project: 'ctr',
    mayUse: ['forest'],
    because: 'The CTR model is a use of the forest, and serving and training both stand on it.',
  },
  {
    project: 'decisions',
    mayUse: ['ctr'],
    because: 'Decisions are maths over CTR predictions, whatever predicts them.',
  },
  {
    project: 'api',
    mayUse: ['forest', 'ctr', 'cache', 'stats', 'decisions'],
    because: 'The service answers from a model file and never trains or generates.',
  },
  {
    project: 'trainer',
    mayUse: ['forest', 'ctr', 'datagen', 'decisions'],
    because: 'The trainer writes model files and never serves.',
  },
];

export const noNestInLibs = 'Nest belongs to apps: a library must work in any program.';

const nxRules = boundaries.map(({ project, mayUse }) => ({
  sourceTag: `is:${project}`,
  onlyDependOnLibsWithTags: mayUse.map((name) => `is:${name}`),
}));

/** The same edges as import patterns, because only these carry a sentence to the reader. */
function edgesOf({ project, mayUse, because }) {
  const folder = ['api', 'trainer'].includes(project) ? 'apps' : 'libs';
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
  if (folder === 'libs') patterns.push({ group: ['@nestjs/*'], message: noNestInLibs });
  return {
    files: [`${folder}/${project}/src/**/*.ts`],
    rules: { 'no-restricted-imports': ['error', { patterns }] },
  };
}

export default tseslint.config(
  { ignores: ['**/dist/**', '**/node_modules/**', '.nx/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommended,
  ...tseslint.configs.stylistic,
  {
    files: ['**/*.ts', '**/*.mjs', '**/*.cjs'],
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
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ExportAllDeclaration',
          message: 'List what is exported: readers look for it.',
        },
      ],
      eqeqeq: 'error',
      curly: ['error', 'multi-line'],
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
        AbortSignal: 'readonly',
      },
    },
  },
  ...boundaries.map(edgesOf),
  prettier,
);
