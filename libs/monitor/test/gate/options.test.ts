import { gateDefaults, readGateOptions } from '../../src/index.js';

it('what is left out has its default', () => {
  expect(readGateOptions(true)).toEqual({ options: gateDefaults });
  expect(readGateOptions({})).toEqual({ options: gateDefaults });
  const { options } = readGateOptions({ steps: [10, 100], least_hours: 1 }) as {
    options: typeof gateDefaults;
  };
  expect(options).toEqual({ ...gateDefaults, steps: [10, 100], least_hours: 1 });
});

it('an option that is wrong is named with what was got and what is wanted', () => {
  const steps = 'up to 20 numbers above 0 that rise to 100, the last one';
  const wrong: [unknown, string, unknown, string][] = [
    ['yes', 'gate', 'yes', 'true, false or an object of'],
    [[1], 'gate', [1], 'true, false or an object of'],
    [{ alpha: 0 }, 'gate.alpha', 0, 'a number from 0.0001 to 0.5'],
    [{ alpha: '0.05' }, 'gate.alpha', '0.05', 'a number from 0.0001 to 0.5'],
    [{ tolerance: 2 }, 'gate.tolerance', 2, 'a number from 0.001 to 0.5'],
    [{ entropy_tolerance: null }, 'gate.entropy_tolerance', null, 'a number from 0.0001 to 0.1'],
    [{ least_clicks: 0.5 }, 'gate.least_clicks', 0.5, 'a whole number from 1 to 1000000000'],
    [{ least_answers: -1 }, 'gate.least_answers', -1, 'a whole number from 0 to 1000000000'],
    [{ least_hours: NaN }, 'gate.least_hours', NaN, 'a number from 0 to 8760'],
    [{ slow_ms: 0 }, 'gate.slow_ms', 0, 'a number from 0.1 to 60000'],
    [{ steps: [] }, 'gate.steps', [], steps],
    [{ steps: [5, 1, 100] }, 'gate.steps', [5, 1, 100], steps],
    [{ steps: [1, 5] }, 'gate.steps', [1, 5], steps],
    [{ steps: [0, 100] }, 'gate.steps', [0, 100], steps],
    [{ sped: 1 }, 'gate.sped', 1, 'absent: the options are steps, alpha'],
    [{ constructor: 1 }, 'gate.constructor', 1, 'absent: the options are steps, alpha'],
  ];
  for (const [given, field, value, rule] of wrong) {
    const { problems } = readGateOptions(given) as { problems: object[] };
    expect(problems).toEqual([{ field, value, rule: expect.stringContaining(rule) }]);
  }
  const both = readGateOptions({ alpha: 1, slow_ms: 0 }) as { problems: object[] };
  expect(both.problems).toHaveLength(2);
});
