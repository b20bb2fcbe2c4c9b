import { Arms } from '../../src/model/arms.js';

const canary = 'b';
let now = 0;
let arms: Arms;
beforeEach(() => {
  arms = new Arms(canary, 5, () => now);
});

/** Answers after so many milliseconds. */
const after = (version: string, ms: number) =>
  arms.measure(version, () => {
    now += ms;
    return `by ${version}`;
  });

it('requests are counted with the model that answers them, and slow ones as such', () => {
  expect(after(canary, 1)).toBe('by b');
  after(canary, 5.1);
  after('a', 4.9);
  expect(arms.canary).toEqual({ asked: 2, failed: 0, slow: 1 });
  expect(arms.current).toEqual({ asked: 1, failed: 0, slow: 0 });
  arms.slowMs = 1;
  after('a', 2);
  expect(arms.current).toEqual({ asked: 2, failed: 0, slow: 1 });
});

it('a model that fails is asked and has failed, and whoever asks is told', () => {
  const fail = () => {
    throw new Error('broken');
  };
  expect(() => arms.measure(canary, fail)).toThrow('broken');
  arms.refused();
  expect(arms.canary).toEqual({ asked: 2, failed: 2, slow: 0 });
});
