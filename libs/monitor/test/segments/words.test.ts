import { missInWords } from '../../src/index.js';

test.each([
  [0.85, 0.79, 0.91, '15 % fewer clicks than expected (9.0 to 21 %)'],
  [1.204, 1.1, 1.3, '20 % more clicks than expected (10 to 30 %)'],
  [3.1, 2.5, 3.9, '3.1 times the clicks expected (2.5 to 3.9 times)'],
  [0.98, 0.9, 1.05, '2.0 % fewer clicks than expected (-5.0 to 10 %)'],
])('a factor of %p is told in words', (factor, lower, upper, words) => {
  expect(missInWords({ factor, lower, upper })).toBe(words);
});

test('what has no bound is said to have none', () => {
  expect(missInWords({ factor: null, lower: 0, upper: null })).toBe('nothing was expected');
  expect(missInWords({ factor: 2.5, lower: 2, upper: null })).toContain('at least 2.0');
});
