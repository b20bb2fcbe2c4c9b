import { SET_BACK_TOLERANCE, WallClock } from '../../src/count/clock.js';

function clockOf(...times: number[]) {
  const state = { setBacks: 0 };
  const clock = new WallClock(
    () => times.shift()!,
    () => state.setBacks++,
  );
  return { clock, state };
}

describe('WallClock', () => {
  it('passes on the time as it goes, small steps back included', () => {
    const { clock, state } = clockOf(1000, 2000, 1500, 2500);
    expect([clock.read(), clock.read(), clock.read()]).toEqual([2000, 1500, 2500]);
    expect(clock).toMatchObject({ startedAt: 1000, latest: 2500 });
    expect(state.setBacks).toBe(0);
  });

  it('remembers the latest moment while it is a little behind it', () => {
    const { clock, state } = clockOf(0, 1e6, 1e6 - SET_BACK_TOLERANCE);
    clock.read();
    expect(clock.read()).toBe(1e6 - SET_BACK_TOLERANCE);
    expect(clock.latest).toBe(1e6);
    expect(state.setBacks).toBe(0);
  });

  it('reports a large step back and keeps the time since the start', () => {
    const start = 1e9;
    const { clock, state } = clockOf(start, start + 5000, start - 1e8, start - 1e8 + 1);
    clock.read();
    expect(clock.read()).toBe(start - 1e8);
    expect(state.setBacks).toBe(1);
    expect(clock.read() - clock.startedAt).toBe(5001);
    expect(state.setBacks).toBe(1);
  });

  it('recovers at once from a moment far ahead', () => {
    const { clock, state } = clockOf(0, 3e10, 10, 20);
    expect([clock.read(), clock.read(), clock.read()]).toEqual([3e10, 10, 20]);
    expect([clock.latest, state.setBacks]).toEqual([20, 1]);
  });

  it('takes what is no time for the latest moment', () => {
    const { clock, state } = clockOf(NaN, 5, NaN, Infinity, -Infinity, undefined as never, 6);
    expect(clock.startedAt).toBe(0);
    expect(Array.from({ length: 6 }, () => clock.read())).toEqual([5, 5, 5, 5, 5, 6]);
    expect(state.setBacks).toBe(0);
  });
});
