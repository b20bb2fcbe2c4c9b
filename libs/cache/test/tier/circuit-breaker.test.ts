import fc from 'fast-check';
import { CacheError } from '../../src/errors.js';
import { CircuitBreaker } from '../../src/tier/circuit-breaker.js';

function breakerAt(options: { failures?: number } = {}) {
  const clock = { time: 1000 };
  const now = () => clock.time;
  const breaker = new CircuitBreaker({ coolDownMs: 100, maxCoolDownMs: 350, ...options, now });
  return { clock, breaker };
}

/** One call after the other. @returns how many were let through */
function calls(breaker: CircuitBreaker, ...outcomes: boolean[]): number {
  let through = 0;
  for (const succeeded of outcomes) {
    const ticket = breaker.enter();
    if (ticket === 0) continue;
    through++;
    breaker.leave(ticket, succeeded);
  }
  return through;
}

const failing = (count: number) => new Array<boolean>(count).fill(false);

describe('CircuitBreaker', () => {
  it('opens when too many of the last 20 calls failed, and lets nothing through then', () => {
    const { breaker } = breakerAt({ failures: 3 });
    calls(breaker, false, true, false);
    expect(breaker.state).toBe('closed');
    calls(breaker, false);
    expect(breaker.state).toBe('open');
    expect(calls(breaker, true, true, true)).toBe(0);
  });

  it('forgets failures that are 20 calls ago', () => {
    const { breaker } = breakerAt({ failures: 3 });
    calls(breaker, false, false, ...new Array<boolean>(18).fill(true), false, false);
    // The first two failures are out of the 20, or the last one would have been the third.
    expect(breaker.state).toBe('closed');
    calls(breaker, false);
    expect(breaker.state).toBe('open');
  });

  it('lets one probe through when the time is up, and closes when it succeeds', () => {
    const { breaker, clock } = breakerAt({ failures: 2 });
    calls(breaker, ...failing(2));
    clock.time += 99;
    expect(breaker.enter()).toBe(0);
    clock.time += 1;
    const probe = breaker.enter();
    expect(probe).toBeGreaterThan(0);
    expect(breaker.state).toBe('halfOpen');
    expect(breaker.enter()).toBe(0);
    breaker.leave(probe, true);
    expect(breaker.state).toBe('closed');
    // The failures before it opened are forgotten.
    calls(breaker, false);
    expect(breaker.state).toBe('closed');
  });

  it('waits twice as long after every probe that fails, up to a bound, and starts over once closed', () => {
    const { breaker, clock } = breakerAt({ failures: 1 });
    calls(breaker, false);
    for (const wait of [100, 200, 350, 350]) {
      clock.time += wait - 1;
      expect(calls(breaker, false)).toBe(0);
      clock.time += 1;
      expect(calls(breaker, false)).toBe(1);
      expect(breaker.state).toBe('open');
    }
    clock.time += 350;
    calls(breaker, true);
    expect(breaker.state).toBe('closed');
    calls(breaker, false);
    clock.time += 100;
    expect(calls(breaker, true)).toBe(1);
  });

  it('lets a probe through at once when there is a sign of life', () => {
    const { breaker } = breakerAt({ failures: 1 });
    calls(breaker, false);
    expect(breaker.enter()).toBe(0);
    breaker.retry();
    expect(calls(breaker, true)).toBe(1);
    expect(breaker.state).toBe('closed');
  });

  it('takes no notice of answers that belong to an earlier state', () => {
    const { breaker, clock } = breakerAt({ failures: 1 });
    const slow = breaker.enter();
    const slower = breaker.enter();
    breaker.leave(slow, false);
    expect(breaker.state).toBe('open');
    breaker.leave(slower, true);
    expect(breaker.state).toBe('open');
    clock.time += 100;
    const probe = breaker.enter();
    breaker.leave(slower, false);
    expect(breaker.state).toBe('halfOpen');
    breaker.leave(probe, true);
    breaker.leave(slower, false);
    expect(breaker.state).toBe('closed');
    breaker.leave(0, false);
    expect(breaker.state).toBe('closed');
  });

  it('follows its state machine through any calls, failures and waits', () => {
    const moves = fc.array(
      fc.oneof(
        fc.constant('enter' as const),
        fc.record({ leave: fc.nat(3), ok: fc.boolean() }),
        fc.record({ wait: fc.nat(150) }),
      ),
      { maxLength: 200, size: 'max' },
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), moves, (failures, list) => {
        const { breaker, clock } = breakerAt({ failures });
        const underWay: number[] = [];
        let probing = false;
        for (const move of list) {
          const before = breaker.state;
          if (move === 'enter') {
            const ticket = breaker.enter();
            if (ticket > 0) underWay.push(ticket);
            if (before === 'closed') expect(ticket).toBeGreaterThan(0);
            if (before === 'halfOpen') expect(ticket).toBe(0);
            if (before === 'open') expect(breaker.state).toBe(ticket > 0 ? 'halfOpen' : 'open');
            if (before === 'open' && ticket > 0) probing = true;
          } else if ('wait' in move) {
            clock.time += move.wait;
            expect(breaker.state).toBe(before);
          } else if (underWay.length > 0) {
            const [ticket] = underWay.splice(move.leave % underWay.length, 1);
            breaker.leave(ticket!, move.ok);
            // No way from open but through a probe, and none from half open back to itself.
            if (before === 'open') expect(breaker.state).toBe('open');
            if (before === 'halfOpen' && breaker.state !== 'halfOpen') {
              expect(probing).toBe(true);
              expect(breaker.state).toBe(move.ok ? 'closed' : 'open');
              probing = false;
            }
            if (before === 'closed' && move.ok) expect(breaker.state).toBe('closed');
          }
        }
        // However it got here, it recovers by itself.
        clock.time += 350;
        const ticket = breaker.enter() || underWay.at(-1)!;
        breaker.leave(ticket, true);
        expect(breaker.state).not.toBe('open');
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    [{ failures: 0 }, 'failures must be a whole number from 1 to 20, got 0'],
    [{ failures: 21 }, 'failures must be a whole number from 1 to 20, got 21'],
    [{ coolDownMs: 0 }, 'coolDownMs must be a whole number from 1, got 0'],
    [{ coolDownMs: 9000 }, 'maxCoolDownMs must be a whole number from 9000, got 5000'],
  ])('refuses %p', (options, message) => {
    expect(() => new CircuitBreaker(options)).toThrow(new CacheError('OPTION_INVALID', message));
  });
});
