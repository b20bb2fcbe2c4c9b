import { scenarios } from '@adscale/api/load/goals.ts';
import { parseOptions, UsageError } from '../load/options.ts';

describe('options of a load run', () => {
  it('has defaults for all of them', () => {
    expect(parseOptions([], {})).toEqual({
      scenario: 'steady',
      duration: 20,
      users: 50,
      warmUp: 60_000,
      baseUrl: 'http://127.0.0.1:8000',
      modelDir: 'models',
    });
  });

  it.each(Object.entries(scenarios))('takes the shape of %s from its goals', (name, scenario) => {
    expect(parseOptions(['--scenario', name], {})).toMatchObject({
      scenario: name,
      duration: scenario.seconds,
      users: scenario.users,
      warmUp: scenario.warmUp,
    });
  });

  it('reads the command line and the environment', () => {
    const args = ['--scenario', 'retrain', '--duration', '5', '--users=80', '--warm-up', '0'];
    const env = { BASE_URL: 'https://localhost:9000/', MODEL_DIR: '/var/models' };
    expect(parseOptions(args, env)).toEqual({
      scenario: 'retrain',
      duration: 5,
      users: 80,
      warmUp: 0,
      baseUrl: 'https://localhost:9000',
      modelDir: '/var/models',
    });
  });

  it('lets nothing but a soak last for hours', () => {
    const args = ['--duration', '14400'];
    expect(parseOptions([...args, '--scenario', 'soak'], {})?.duration).toBe(14_400);
    expect(() => parseOptions(args, {})).toThrow('from 1 to 60');
  });

  it('is undefined when help is asked for', () => {
    expect(parseOptions(['--help'], {})).toBeUndefined();
  });

  it.each([
    [
      ['--scenario', 'predict'],
      '--scenario must be one of smoke, steady, spike, soak, retrain, valkey-dies, ' +
        'pipelining-abuse, slow-readers, decision-storm, got "predict"',
    ],
    [['--duration', '61'], '--duration must be an integer from 1 to 60, got "61"'],
    [['--duration', '0'], '--duration must be an integer from 1 to 60, got "0"'],
    [
      ['--scenario', 'soak', '--duration', '14401'],
      '--duration must be an integer from 1 to 14400, got "14401"',
    ],
    [['--users', 'many'], '--users must be an integer from 1 to 2000, got "many"'],
    [['--warm-up', '-1'], "Option '--warm-up' argument is ambiguous"],
    [['--warm-up=-1'], '--warm-up must be an integer from 0 to 1000000, got "-1"'],
    [['--speed', '9'], "Unknown option '--speed'"],
  ])('refuses %j', (args, message) => {
    expect(() => parseOptions(args, {})).toThrow(UsageError);
    expect(() => parseOptions(args, {})).toThrow(message);
  });

  it('refuses a base address that is none', () => {
    for (const BASE_URL of ['localhost:8000', 'ftp://localhost', '8000']) {
      expect(() => parseOptions([], { BASE_URL })).toThrow(`got "${BASE_URL}"`);
    }
  });
});
