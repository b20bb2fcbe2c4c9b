import { setImmediate as nextTurn } from 'node:timers/promises';
import { SingleFlight } from '../src/single-flight.js';

/** A computation that ends when it is told to, and says how often it began. */
function controlled() {
  const runs: { signal: AbortSignal; resolve(value: string): void; reject(error: Error): void }[] =
    [];
  const compute = (signal: AbortSignal) =>
    new Promise<string>((resolve, reject) => runs.push({ signal, resolve, reject }));
  return { runs, compute };
}

describe('SingleFlight', () => {
  it('computes once for all who ask meanwhile', async () => {
    const flights = new SingleFlight<string>();
    const { runs, compute } = controlled();
    const waiting = Array.from({ length: 100 }, () => flights.run(1, compute));
    expect(runs).toHaveLength(1);
    runs[0]!.resolve('one');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['one']));
    expect(flights.size).toBe(0);
  });

  it('computes different keys at the same time', async () => {
    const flights = new SingleFlight<string>();
    const { runs, compute } = controlled();
    const waiting = [flights.run(1, compute), flights.run('1', compute)];
    expect(runs).toHaveLength(2);
    runs[1]!.resolve('text');
    runs[0]!.resolve('number');
    expect(await Promise.all(waiting)).toEqual(['number', 'text']);
  });

  it('lets all who wait see a failure, and starts anew for who asks afterwards', async () => {
    const flights = new SingleFlight<string>();
    const { runs, compute } = controlled();
    const waiting = [flights.run(1, compute), flights.run(1, compute)];
    runs[0]!.reject(new Error('no'));
    const settled = await Promise.allSettled(waiting);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const after = flights.run(1, compute);
    expect(runs).toHaveLength(2);
    runs[1]!.resolve('yes');
    expect(await after).toBe('yes');
  });

  it('takes what throws at once for a failure like any other', async () => {
    const flights = new SingleFlight<string>();
    const compute = () => {
      throw new Error('at once');
    };
    await expect(flights.run(1, compute)).rejects.toThrow('at once');
    expect(flights.size).toBe(0);
  });

  it('lets one leave without harm to the others', async () => {
    const flights = new SingleFlight<string>();
    const { runs, compute } = controlled();
    const leaver = new AbortController();
    const leaving = flights.run(1, compute, leaver.signal);
    const staying = [
      flights.run(1, compute),
      flights.run(1, compute, new AbortController().signal),
    ];
    leaver.abort(new Error('client gone'));
    await expect(leaving).rejects.toThrow('client gone');
    expect(runs[0]!.signal.aborted).toBe(false);
    runs[0]!.resolve('one');
    expect(await Promise.all(staying)).toEqual(['one', 'one']);
    expect(runs).toHaveLength(1);
  });

  it('tells the computation when the last one has left, and starts anew for the next', async () => {
    const flights = new SingleFlight<string>();
    const { runs, compute } = controlled();
    const leavers = [new AbortController(), new AbortController()];
    const leaving = leavers.map(({ signal }) => flights.run(1, compute, signal));
    leavers[0]!.abort(new Error('first'));
    expect(runs[0]!.signal.aborted).toBe(false);
    leavers[1]!.abort(new Error('second'));
    expect(runs[0]!.signal.aborted).toBe(true);
    await Promise.allSettled(leaving);

    const next = flights.run(1, compute);
    expect(runs).toHaveLength(2);
    // The abandoned one ends late: it neither disturbs the new one nor goes unhandled.
    runs[0]!.reject(new Error('late'));
    await nextTurn();
    expect(flights.has(1)).toBe(true);
    runs[1]!.resolve('fresh');
    expect(await next).toBe('fresh');
  });

  it('does not begin for who has left already', async () => {
    const flights = new SingleFlight<string>();
    const { runs, compute } = controlled();
    const signal = AbortSignal.abort(new Error('too late'));
    await expect(flights.run(1, compute, signal)).rejects.toThrow('too late');
    expect(runs).toHaveLength(0);
  });

  it('keeps no listener on a signal that outlives the wait', async () => {
    const flights = new SingleFlight<string>();
    const { signal } = new AbortController();
    const removed = jest.spyOn(signal, 'removeEventListener');
    await flights.run(1, () => 'one', signal);
    await Promise.resolve();
    expect(removed).toHaveBeenCalledTimes(1);
  });
});
