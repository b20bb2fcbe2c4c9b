import { Restarts } from '../../src/cluster/restarts.js';

let time = 0;
let restarts: Restarts;
beforeEach(() => {
  time = 0;
  restarts = new Restarts(() => time);
});

const NOBODY = { healthy: 0, starting: 0 };

/** What is decided about `count` workers in a row that never served. */
const failures = (count: number, others: Parameters<Restarts['after']>[1]) =>
  Array.from({ length: count }, () => restarts.after(undefined, others));

describe('a worker that ended', () => {
  it('is replaced at once when it was well', () => {
    const decision = { kind: 'restart', failures: 0, pauseMs: 0 };
    for (let i = 0; i < 20; i++) expect(restarts.after(10_000, NOBODY)).toEqual(decision);
  });

  it('is replaced ever more slowly when one after the other fails', () => {
    const pauses = failures(12, { healthy: 1, starting: 0 }).map(
      (decision) => decision.kind === 'restart' && decision.pauseMs,
    );
    expect(pauses.slice(0, 5)).toEqual([0, 100, 200, 400, 800]);
    expect(pauses.slice(-2)).toEqual([30_000, 30_000]);
  });

  it('that served for a moment only has failed', () => {
    for (let i = 1; i < 4; i++) expect(restarts.after(500, NOBODY).failures).toBe(i);
  });

  it('never ends the service while another one serves, or may yet', () => {
    for (const others of [
      { healthy: 1, starting: 0 },
      { healthy: 0, starting: 1 },
    ]) {
      for (const { kind } of failures(100, others)) expect(kind).toBe('restart');
    }
  });

  it('ends the service when nobody serves and five failed in a row', () => {
    const decisions = failures(5, NOBODY).map(({ kind }) => kind);
    expect(decisions).toEqual(['restart', 'restart', 'restart', 'restart', 'give up']);
  });

  it('begins a new row when one was well in between, or a minute has passed', () => {
    failures(4, NOBODY);
    restarts.after(60_000, NOBODY);
    expect(restarts.after(undefined, NOBODY).failures).toBe(1);
    failures(3, NOBODY);
    time += 60_001;
    expect(restarts.after(undefined, NOBODY).failures).toBe(1);
  });
});
