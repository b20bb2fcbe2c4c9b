import { coarseClock } from '../src/clock.js';

describe('the coarse clock', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('stands still within a millisecond and goes with the time between', () => {
    const clock = coarseClock();
    const start = clock();
    jest.advanceTimersByTime(0.9);
    expect(clock()).toBe(start);
    jest.advanceTimersByTime(500);
    expect(clock() - start).toBeCloseTo(500.9, 0);
  });

  it('sets one timer however often it is read, and none when nobody reads it', () => {
    const clock = coarseClock();
    for (let i = 0; i < 1000; i++) clock();
    expect(jest.getTimerCount()).toBe(1);
    jest.advanceTimersByTime(1);
    expect(jest.getTimerCount()).toBe(0);
  });
});
