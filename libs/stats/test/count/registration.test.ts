import { ServiceStats, StatsError, type Dimension } from '../../src/index.js';

const labels = (count: number) => Array.from({ length: count }, (_, i) => `${i + 1}`);

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof StatsError) return `${error.code} ${error.message}`;
    throw error;
  }
  return 'no error';
}

describe('names', () => {
  const stats = new ServiceStats();
  const dimension = (name: unknown, categories: unknown[] = ['a']) =>
    stats.model('v', [{ name, categories } as Dimension]);

  it.each([
    ['an empty method', () => stats.route('', '/a'), 'method is ""'],
    ['an empty path', () => stats.route('GET', ''), 'path is ""'],
    ['no version', () => stats.model(undefined as never), 'version is undefined'],
    ['an empty dimension', () => dimension(''), 'dimension is ""'],
    ['a category that is a number', () => dimension('d', [1]), 'category of d is 1, wanted text'],
    ['a counter with a dash', () => stats.counter('a-b'), 'counter is "a-b", wanted snake_case'],
    [
      'words of a feature without a name',
      () => stats.unknownWords(''),
      'feature is "", wanted text',
    ],
    ['a counter without a name', () => stats.counter(''), 'counter is ""'],
  ])('are refused: %s', (_name, act, message) => {
    expect(codeOf(act)).toMatch(/^NAME_INVALID /);
    expect(codeOf(act)).toContain(message);
  });

  it('of dimensions must differ', () => {
    const twice = [
      { name: 'd', categories: ['a'] },
      { name: 'd', categories: ['b'] },
    ];
    expect(codeOf(() => stats.model('v', twice))).toContain('dimension d is given twice');
  });
});

describe('limits', () => {
  it('hold for routes and counters, and known ones are still given', () => {
    const stats = new ServiceStats();
    const routes = labels(100).map((n) => stats.route('GET', `/${n}`));
    labels(100).forEach((n) => stats.counter(`c${n}`));
    expect(codeOf(() => stats.route('GET', '/more'))).toMatch(/^LIMIT_REACHED .*GET \/more/);
    expect(codeOf(() => stats.counter('more'))).toMatch(/^LIMIT_REACHED .*more/);
    expect(stats.route('GET', '/1')).toBe(routes[0]);
    expect(stats.counter('c1').value).toBe(0);
  });

  it('hold for the dimensions of a model', () => {
    const stats = new ServiceStats();
    const dimensions = labels(17).map((name) => ({ name, categories: ['a'] }));
    expect(codeOf(() => stats.model('v', dimensions))).toMatch(/^LIMIT_REACHED .*17 dimensions/);
    expect(codeOf(() => stats.model('v', dimensions.slice(1)))).toBe('no error');
  });

  it('put the categories beyond the last place together', () => {
    const stats = new ServiceStats();
    const model = stats.model('v', [{ name: 'd', categories: labels(70) }]);
    for (let code = 0; code < 70; code++) stats.countPrediction(model, 0.5, Int32Array.of(code));
    const [{ categories }] = stats.snapshot().dimensions;
    expect(categories).toHaveLength(65);
    expect(categories.find(({ label }) => label === 'other')?.predictions).toBe(6);
    expect(categories.find(({ label }) => label === '64')?.predictions).toBe(1);
  });
});

describe('models', () => {
  it('are the last four registered, and a handle of an older one does no harm', () => {
    let time = 0;
    const stats = new ServiceStats(() => time++);
    const models = labels(5).map((version) => stats.model(version));
    models.forEach((model) => stats.countPrediction(model, 0.1));
    const snapshot = stats.snapshot();
    expect(snapshot.models.map(({ version }) => version)).toEqual(['2', '3', '4', '5']);
    expect(snapshot.predictions).toBe(5);
  });

  it('are kept longer when registered again, with what they counted', () => {
    let time = 0;
    const stats = new ServiceStats(() => time++);
    const [first] = labels(4).map((version) => stats.model(version));
    stats.countPrediction(first, 0.1);
    expect(stats.model('1')).toBe(first);
    stats.model('5');
    const { models } = stats.snapshot();
    expect(models.map(({ version }) => version)).toEqual(['1', '3', '4', '5']);
    expect(models[0].served.predictions).toBe(1);
  });

  it('share the counts of a dimension by label, however they number it', () => {
    const stats = new ServiceStats();
    const first = stats.model('1', [{ name: 'device', categories: ['mobile', 'desktop'] }]);
    const second = stats.model('2', [{ name: 'device', categories: ['tv', 'mobile'] }]);
    stats.countPrediction(first, 0.1, Int32Array.of(0));
    stats.countPrediction(second, 0.2, Int32Array.of(1));
    stats.countPrediction(second, 0.2, Int32Array.of(0));
    expect(stats.snapshot().dimensions).toEqual([
      {
        name: 'device',
        categories: [
          { label: 'mobile', predictions: 2, ctrTenThousandths: 3000 },
          { label: 'tv', predictions: 1, ctrTenThousandths: 2000 },
        ],
      },
    ]);
  });

  it('take a dimension along when the last one that has it goes', () => {
    const stats = new ServiceStats();
    const first = stats.model('1', [{ name: 'old', categories: ['a'] }]);
    stats.countPrediction(first, 0.1, Int32Array.of(0));
    expect(stats.snapshot().dimensions).toHaveLength(1);
    labels(5).forEach((version) => stats.model(`next ${version}`));
    expect(stats.snapshot().dimensions).toEqual([]);
  });

  it('keep their dimensions when registered again without any', () => {
    const stats = new ServiceStats();
    const model = stats.model('1', [{ name: 'device', categories: ['mobile'] }]);
    stats.model('1');
    stats.countPrediction(model, 0.1, Int32Array.of(0));
    expect(stats.snapshot().dimensions).toMatchObject([{ categories: [{ label: 'mobile' }] }]);
  });
});
