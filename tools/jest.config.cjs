// One Jest configuration for every project: sources are ES modules in TypeScript, Jest runs CommonJS,
// so swc translates our sources and the packages that ship as ES modules only. A project's tests
// run its own sources against its neighbours as built, which is how they will meet in production.
const esmOnly = ['content-disposition', '@nestjs/[^/]+', 'd3-[^/]+', '@noble/hashes', 'lru-cache'];

module.exports = {
  testEnvironment: 'node',
  testEnvironmentOptions: {
    customExportConditions: ['node', 'require', 'default'],
  },
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  testTimeout: 60_000,
  transform: {
    '^.+\\.m?[tj]s$': [
      '@swc/jest',
      {
        swcrc: false,
        module: { type: 'commonjs' },
        jsc: {
          target: 'es2023',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true },
          keepClassNames: true,
        },
      },
    ],
  },
  transformIgnorePatterns: [`/node_modules/(?!(?:.+/node_modules/)?(?:${esmOnly.join('|')})/)`],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
};
