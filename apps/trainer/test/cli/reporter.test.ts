import { Reporter } from '../../src/cli/reporter.js';

/** Lines that a reporter writes while time is what the test says. */
function linesOf(tell: (reporter: Reporter, at: (ms: number) => void) => void, steps = true) {
  const write = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const now = jest.spyOn(performance, 'now').mockReturnValue(0);
  try {
    tell(new Reporter(true, steps, false), (ms) => void now.mockReturnValue(ms));
    return write.mock.calls.map(([text]) => JSON.parse(String(text)) as unknown);
  } finally {
    write.mockRestore();
    now.mockRestore();
  }
}

const growing = { name: 'grow', total: 50, unit: 'trees' };

describe('a stage that runs, told to a program', () => {
  it('tells where it begins, how far it is five times a second at most, and its end', () => {
    const lines = linesOf((reporter, at) => {
      const stage = reporter.stage(growing);
      [
        [100, 10],
        [200, 20],
        [399, 30],
        [400, 40],
      ].forEach(([ms, done]) => (at(ms), stage.update(done)));
      stage.finish();
    });
    const step = { stage: 'grow', total: 50, unit: 'trees', running: true };
    expect(lines).toEqual([
      { ...step, done: 0 },
      { ...step, done: 20 },
      { ...step, done: 40 },
      { stage: 'grow', done: 50, unit: 'trees', seconds: 0.4 },
    ]);
  });

  it('of unknown length tells per cent', () => {
    const lines = linesOf((reporter, at) => {
      const stage = reporter.stage({ name: 'read', unit: 'rows' });
      at(200);
      stage.update(42);
      stage.finish(1000);
    });
    expect(lines.slice(1)).toEqual([
      { stage: 'read', done: 42, total: 100, unit: '%', running: true },
      { stage: 'read', done: 1000, unit: 'rows', seconds: 0.2 },
    ]);
  });

  it('tells its end alone to whoever does not ask for more', () => {
    const lines = linesOf((reporter, at) => {
      const stage = reporter.stage(growing);
      at(1000);
      stage.update(20);
      stage.finish();
    }, false);
    expect(lines).toEqual([{ stage: 'grow', done: 50, unit: 'trees', seconds: 1 }]);
  });
});
