import { DatagenError, generate, type GenerateOptions } from '../src/index.js';
import { resolveOptions } from '../src/sample.js';

test.each<[unknown, string]>([
  [{ rows: 0 }, 'rows is 0, wanted a positive safe integer'],
  [{ rows: -5 }, 'rows is -5, wanted a positive safe integer'],
  [{ rows: 1.5 }, 'rows is 1.5, wanted a positive safe integer'],
  [{ rows: NaN }, 'rows is NaN, wanted a positive safe integer'],
  [{ rows: 2 ** 53 }, 'rows is 9007199254740992, wanted a positive safe integer'],
  [{ rows: '5000' }, 'rows is "5000", wanted a positive safe integer'],
  [{ rows: null }, 'rows is null, wanted a positive safe integer'],
  [{ rows: 10n }, 'rows is 10n, wanted a positive safe integer'],
  [{ rows: 2 ** 25 + 1 }, 'rows is 33554433, wanted at most 33554432 in memory'],
  [{ seed: 0.5 }, 'seed is 0.5, wanted a safe integer'],
  [{ seed: Infinity }, 'seed is Infinity, wanted a safe integer'],
  [{ seed: 'lucky' }, 'seed is "lucky", wanted a safe integer'],
  [{ profile: 'Realistic' }, 'profile is "Realistic", wanted one of realistic, sparse, drifted'],
  [{ profile: ['wide'] }, 'profile is array, wanted one of realistic'],
  [{ row: 10 }, '"row", wanted one of rows, seed, profile, skip'],
  [{ skip: -1 }, 'skip is -1, wanted a safe integer of at least 0'],
  [{ skip: 0.5 }, 'skip is 0.5, wanted a safe integer of at least 0'],
  ['5000', 'options is "5000", wanted an object'],
  [null, 'options is null, wanted an object'],
])('refuses %p', (options, message) => {
  const attempt = () => generate(options as GenerateOptions);
  expect(attempt).toThrow(DatagenError);
  expect(attempt).toThrow(`a generator option is unknown or out of range: ${message}`);
  expect(attempt).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
});

test('takes any number of rows that a stream may have', () => {
  expect(resolveOptions({ rows: Number.MAX_SAFE_INTEGER })).toEqual({
    rows: Number.MAX_SAFE_INTEGER,
    seed: 42,
    profile: 'realistic',
    skip: 0,
  });
});
