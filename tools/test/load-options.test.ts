import { parseOptions, UsageError } from '../load/options.ts';

describe('options of a load run', () => {
  it('has defaults for all of them', () => {
    expect(parseOptions([], {})).toEqual({
      scenario: 'predict',
      duration: 20,
      users: 50,
      baseUrl: 'http://127.0.0.1:8000',
      modelDir: 'models',
    });
  });

  it('reads the command line and the environment', () => {
    const args = ['--scenario', 'retrain', '--duration', '5', '--users=80'];
    const env = { BASE_URL: 'https://localhost:9000/', MODEL_DIR: '/var/models' };
    expect(parseOptions(args, env)).toEqual({
      scenario: 'retrain',
      duration: 5,
      users: 80,
      baseUrl: 'https://localhost:9000',
      modelDir: '/var/models',
    });
  });

  it('is undefined when help is asked for', () => {
    expect(parseOptions(['--help'], {})).toBeUndefined();
  });

  it.each([
    [['--scenario', 'spike'], '--scenario must be predict or retrain, got "spike"'],
    [['--duration', '61'], '--duration must be an integer from 1 to 60, got "61"'],
    [['--duration', '0'], '--duration must be an integer from 1 to 60, got "0"'],
    [['--users', 'many'], '--users must be an integer from 1 to 1000, got "many"'],
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
