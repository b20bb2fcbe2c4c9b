import {
  ServiceStats,
  StatsError,
  emptySnapshot,
  mergeSnapshots,
  parseSnapshot,
} from '../../src/index.js';

function full(): Record<string, unknown> {
  const stats = new ServiceStats(() => 1e12);
  const model = stats.model('v1', [{ name: 'device_type', categories: ['mobile', 'desktop'] }]);
  stats.countRequest(stats.route('GET', '/a'), 200, 1);
  stats.countRequest(stats.route('GET', '/b'), 200, 1);
  for (const code of [0, 1]) stats.countPrediction(model, 0.1, Int32Array.of(code));
  stats.countShadow(model, 0.1, 0.2);
  stats.counter('events').increment();
  stats.unknownWords('Schlüsselwort').increment(3);
  return JSON.parse(JSON.stringify(stats.snapshot()));
}

/** The message of the refusal when the value at a path, such as `routes.0.path`, is another. */
function refusal(path: string, value: unknown): string {
  const data = full();
  const keys = path.split('.');
  const last = keys.pop()!;
  const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], data);
  (parent as Record<string, unknown>)[last] = value;
  try {
    parseSnapshot(data);
  } catch (error) {
    if (error instanceof StatsError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'not refused';
}

describe('parseSnapshot', () => {
  it('gives what was written, frozen', () => {
    const parsed = parseSnapshot(full());
    expect(parsed).toEqual(full());
    expect(Object.isFrozen(parsed.routes[0].latency)).toBe(true);
    expect(parseSnapshot(JSON.parse(JSON.stringify(emptySnapshot)))).toEqual(emptySnapshot);
  });

  it('takes a snapshot of a release that did not count unknown words, and merges it', () => {
    const { unknownWords, ...older } = full();
    expect(unknownWords).toEqual([{ name: 'Schlüsselwort', value: 3 }]);
    const parsed = parseSnapshot(older);
    expect(parsed.unknownWords).toEqual([]);
    expect(mergeSnapshots(parsed, parseSnapshot(full())).unknownWords).toEqual(unknownWords);
  });

  it('leaves out what it does not know, and touches no prototype', () => {
    const text = JSON.stringify(full()).replace('{', '{"__proto__":{"polluted":1},"more":1,');
    const parsed = parseSnapshot(JSON.parse(text));
    expect(parsed).toEqual(full());
    expect('polluted' in parsed).toBe(false);
  });

  it.each([
    ['format', 2, 'snapshot.format is 2, wanted 1'],
    ['startedAt', 'now', 'snapshot.startedAt is "now", wanted a number'],
    ['takenAt', undefined, 'snapshot.takenAt is undefined'],
    ['predictions', -1, 'snapshot.predictions is -1, wanted a whole number from 0'],
    ['ctrTenThousandths', 2 ** 53, 'snapshot.ctrTenThousandths is 9007199254740992'],
    ['ctrs', [1], 'snapshot.ctrs is array, wanted a list of pairs'],
    ['ctrs', [1, 1, 1, 1], 'snapshot.ctrs[2] is 1, wanted more than 1'],
    ['ctrs', [1, 0], 'snapshot.ctrs[1] is 0, wanted a count above 0'],
    ['ctrs', [1, '7'], 'snapshot.ctrs[1] is "7", wanted a whole number from 0'],
    ['routes', {}, 'snapshot.routes is object, wanted a list'],
    ['routes.0', null, 'snapshot.routes[0] is null, wanted an object'],
    ['routes.1.path', '/a', 'snapshot.routes[1] is object, wanted ascending order'],
    ['routes.0.path', 7, 'snapshot.routes[0].path is 7, wanted text'],
    ['routes.0.background', 0, 'snapshot.routes[0].background is 0, wanted true or false'],
    ['dimensions.0.categories.0.label', 'x', 'snapshot.dimensions[0].categories[1] is object'],
    ['models.0.since', NaN, 'snapshot.models[0].since is NaN, wanted a number'],
    ['models.0.shadow.aboveTenThousandths', 0.5, 'aboveTenThousandths is 0.5'],
    ['unknownWords.0.value', 1.5, 'snapshot.unknownWords[0].value is 1.5'],
    ['unknownWords', null, 'snapshot.unknownWords is null, wanted a list'],
    ['counters.0.value', null, 'snapshot.counters[0].value is null'],
    ['cache', undefined, 'snapshot.cache is undefined, wanted an object'],
    ['cache.bytes', undefined, 'snapshot.cache.bytes is undefined'],
    ['windows.fine.0.hits', '1', 'snapshot.windows.fine[0].hits is "1"'],
    ['windows.coarse.0.latency', null, 'snapshot.windows.coarse[0].latency is null'],
  ])('refuses %s = %p by name', (path, value, message) => {
    const refused = refusal(path, value);
    expect(refused).toContain('SNAPSHOT_INVALID: a snapshot cannot be read: ');
    expect(refused).toContain(message);
  });

  it.each([undefined, null, 7, 'text', [], {}])('refuses %p', (value) => {
    expect(() => parseSnapshot(value)).toThrow(StatsError);
  });
});
