/* What Live makes of figures before anything is drawn: its history, what is wrong, and examples to ask. */
import { curlOf, exampleOf } from '../src/live/examples.js';
import type { Feed } from '../src/live/feed.js';
import { findingsOf, type Situation } from '../src/live/findings.js';
import { History, Ring, type Stats } from '../src/live/history.js';
import { samplesOf } from '../src/live/metrics.js';

const window = {
  ...{ requests: 6000, errors: 0, predictions: 6000, requests_per_second: 100 },
  ...{ predictions_per_second: 100, latency_ms: { p50: 0.3, p99: 2 }, hit_rate: 0.8 },
};

/** Figures of a service that is well, but for some. */
function figures(changes: object = {}): Stats {
  return {
    ...{ requests: 6000, errors: 0, predictions: 6000, average_predicted_ctr: 0.03 },
    cache: { hits: 4800, misses: 1200, second_tier: { errors: 0, timeouts: 0, breakers_open: 0 } },
    windows: {
      '1m': window,
      '5m': window,
      '1h': { ...window, requests: 300_000, predictions: 3e5 },
    },
    routes: [{ method: 'POST', path: '/predict_ctr', statuses: { 200: 6000 } }],
    ...{ models: [], counters: { requests_shed: 0 }, unknown_words: {} },
    processes: [{ pid: 1, cpu_seconds: 1, event_loop_lag_ms: 0.2 }],
    ...{ uptime_seconds: 600, model_version: 'a' },
    ...changes,
  } as unknown as Stats;
}

const NOW = Date.UTC(2026, 0, 1, 12);

/** What is wrong when figures have become these from those of a minute ago. */
function findings(now: object, before: object = {}, rest: Partial<Situation> = {}, feed = {}) {
  const at = (changes: object, seconds: number) => {
    return { stats: figures(changes), moment: NOW - 1000 * seconds };
  };
  const latest = at({ ...now, uptime_seconds: 660 }, 0);
  const whole: Feed = {
    ...{ state: 'live', isLost: false, problem: undefined, latest },
    recent: [at(before, 60), at(now, 10), at(now, 5)],
    ...{ since: NOW - 60_000, restartedAt: undefined },
    ...feed,
  };
  return findingsOf({ feed: whole, ...rest });
}
const minute = (changes: object) => ({
  windows: { ...figures().windows, '1m': { ...window, ...changes } },
});
const route = (statuses: object) => ({
  routes: [{ method: 'POST', path: '/predict_ctr', statuses }],
});

describe('what is wrong', () => {
  it('is nothing while all is well', () => {
    expect(findings({})).toEqual([]);
  });

  it.each([
    ['No model is loaded', 'bad', { model_version: null }, {}],
    ['Requests fail', 'bad', minute({ errors: 600 }), {}],
    ['Requests fail', 'warn', minute({ errors: 1 }), {}],
    [
      'Callers send what cannot be answered',
      'warn',
      route({ 200: 6100, 422: 20 }),
      route({ 200: 6000 }),
    ],
    ['Requests are turned away', 'bad', { counters: { requests_shed: 7 } }, {}],
    ['Callers are over their rate limit', 'bad', { counters: { requests_rate_limited: 1 } }, {}],
    ['Callers leave before their turn', 'warn', { counters: { tasks_dropped: 1 } }, {}],
    [
      'Decisions were not written down',
      'warn',
      { counters: { decisions_lost: 3 } },
      { counters: { decisions_lost: 3 } },
    ],
    ['Yet unheard of', 'bad', { counters: { yet_unheard_of: 3 } }, {}],
    ['No requests come any more', 'warn', minute({ requests: 0, predictions: 0 }), {}],
    ['Some answers take far longer', 'warn', minute({ latency_ms: { p50: 1, p99: 80 } }), {}],
    ['The cache answers less', 'warn', minute({ hit_rate: 0.4 }), {}],
    [
      'A process is too busy',
      'warn',
      { processes: [{ pid: 1, event_loop_lag_ms: 90 }] },
      { processes: [{ pid: 1, event_loop_lag_ms: 90 }] },
    ],
    ['A process is too busy', 'bad', { processes: [{ pid: 1, event_loop_lag_ms: 900 }] }, {}],
    [
      'Many values of keyword are new',
      'warn',
      { predictions: 7000, unknown_words: { keyword: 300 } },
      {},
    ],
    [
      'The cache that replicas share does not answer',
      'warn',
      { cache: { second_tier: { errors: 2, timeouts: 0, breakers_open: 1 } } },
      {},
    ],
  ] as const)('%s', (title, tone, now, before) => {
    const found = findings(now, before);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ tone, title: expect.stringContaining(title) });
    expect(found[0].advice).not.toBe('');
  });

  it.each([
    ['a request in a thousand that callers got wrong', route({ 200: 7000, 422: 1 }), {}],
    [
      'what was shed long ago',
      { counters: { requests_shed: 7 } },
      { counters: { requests_shed: 7 } },
    ],
    [
      'a single late turn',
      { processes: [{ event_loop_lag_ms: 20 }] },
      { processes: [{ event_loop_lag_ms: 900 }] },
    ],
    ['a slow tail of few requests', minute({ requests: 50, latency_ms: { p50: 1, p99: 80 } }), {}],
    ['an empty cache of few predictions', minute({ predictions: 40, hit_rate: 0 }), {}],
  ])('is not %s', (_name, now, before) => {
    expect(findings(now, before)).toEqual([]);
  });

  it('names the routes that fail, and how much', () => {
    const now = { ...minute({ errors: 60 }), ...route({ 200: 5000, 500: 90 }) };
    const [{ detail }] = findings(now, route({ 200: 5000, 500: 30 }));
    expect(detail).toBe('60 of 6,000 in the last minute (1%): POST /predict_ctr (60).');
  });

  it('is a lost stream, worst first, and a service that has started anew', () => {
    const feed = { isLost: true, restartedAt: NOW - 60_000 };
    const found = findings({ counters: { tasks_dropped: 1 } }, {}, {}, feed);
    expect(found.map(({ title }) => title)).toEqual([
      'The stream of figures is lost',
      'The service has started anew',
      'Callers leave before their turn',
    ]);
    expect(findings({}, {}, {}, { restartedAt: NOW - 600_000 })).toEqual([]);
  });

  it('is a current model that was refused', () => {
    const versions = [{ version: 'b', refused: 'its file is broken' }];
    const models = { serving: 'a', current: 'b', versions } as unknown as Situation['models'];
    const [{ detail, page }] = findings({}, {}, { models: models! });
    expect(detail).toBe('b: its file is broken');
    expect(page).toBe('/models');
  });

  it('is a canary that the gate took back this week, not one that a person took back', () => {
    const trial = (by: string, days: number) =>
      ({
        version: 'b',
        history: [
          {
            event: 'aborted',
            by,
            at: new Date(NOW - days * 86_400_000).toISOString(),
            words: 'worse',
          },
        ],
      }) as unknown as NonNullable<Situation['trial']>;
    const titles = (each: Partial<Situation>) => findings({}, {}, each).map(({ title }) => title);
    expect(titles({ trial: trial('gate', 2) })).toEqual(['The latest canary was taken back']);
    expect(titles({ trial: trial('gate', 8) })).toEqual([]);
    expect(titles({ trial: trial('operator', 2) })).toEqual([]);
  });

  it('is an alert that fires, and a store that is away', () => {
    const alerts = [
      { state: 'firing', title: 'device_type = mobile: 15 % fewer clicks' },
      { state: 'resolved', title: 'budget' },
    ];
    const monitoring = { alerts } as unknown as NonNullable<Situation['monitoring']>;
    const metrics = { moment: NOW, trial: undefined, isStoreUp: false };
    const found = findings({}, {}, { monitoring, metrics });
    expect(found.map(({ detail }) => detail)).toEqual([
      'The store of outcomes does not answer.',
      'device_type = mobile: 15 % fewer clicks',
    ]);
  });
});

describe('history', () => {
  /** Frames a second apart in which one request more comes each second. */
  const frame = (second: number, start = 0) =>
    figures({
      ...{ uptime_seconds: second - start, requests: second, predictions: 2 * second },
      cache: { hits: second, misses: second },
    });

  it('is by the second for minutes, and by ten seconds for an hour', () => {
    const history = new History();
    for (let s = 1; s <= 400; s++) history.take(frame(s), 1000 * s);
    const until = 400_000;
    const minute = history.read('requests', '1m', until);
    expect(minute).toHaveLength(61);
    expect(minute.at(-1)).toEqual([400_000, 1]);
    expect(history.read('predictions', '5m', until)).toHaveLength(300);
    expect(history.read('hitRate', '5m', until)[0]).toEqual([101_000, 0.5]);
    const hour = history.read('predictions', '1h', until);
    expect(hour).toHaveLength(39);
    expect(hour.every(([, value]) => value === 2)).toBe(true);
    // What is paused is read as it was.
    expect(history.read('requests', '1m', 200_000).at(-1)).toEqual([200_000, 1]);
  });

  it('has a gap where frames are missing or the service began anew, and no figure made up', () => {
    const history = new History();
    for (const s of [1, 2, 3]) expect(history.take(frame(s), 1000 * s)).toBe(false);
    history.take(frame(60), 60_000);
    history.take(frame(61), 61_000);
    expect(history.take(frame(1), 62_000)).toBe(true);
    history.take(frame(2), 63_000);
    expect(history.read('requests', '5m', 63_000).map(([, value]) => value)).toEqual([
      ...[1, 1, null, 1, null, 1],
    ]);
  });

  it('is no larger after a day than after an hour', () => {
    const ring = new Ring(360, 2);
    for (let i = 0; i < 86_400; i++) ring.push(i, [i, -i]);
    expect(ring.read(1, 0, 86_400)).toHaveLength(360);
    expect(ring.read(1, 0, 86_400)[0]).toEqual([86_040, -86_040]);
  });
});

describe('what is read of metrics', () => {
  const text = [
    '# HELP adscale_trial_info The latest gated canary.',
    'adscale_trial_info{version="a",status="aborted"} 1',
    'adscale_predictions_total 12',
    'adscale_predictions_totally_else 13',
  ].join('\n');

  it('are labels and values, by the whole name', () => {
    const trial = { labels: { version: 'a', status: 'aborted' }, value: 1 };
    expect(samplesOf(text, 'adscale_trial_info')).toEqual([trial]);
    expect(samplesOf(text, 'adscale_predictions_total')).toEqual([{ labels: {}, value: 12 }]);
    expect(samplesOf(text, 'adscale_alerts_firing')).toEqual([]);
  });
});

describe('examples', () => {
  const card = {
    schema: {
      features: [
        { name: 'impressions', kind: 'integer', example: 5000 },
        { name: 'share', kind: 'numeric', minimum: 0, maximum: 1 },
        { name: 'device', kind: 'categorical', categories: ['phone', "o'clock"] },
        { name: 'keyword', kind: 'word' },
        { name: 'site', kind: 'word' },
      ],
    },
    training: { ranges: { impressions: { minimum: 10, maximum: 1_000_000 } } },
  } as const;
  const words = { keyword: ['shoes', 'boots'], site: [] };

  it('are within what was trained on, and differ', () => {
    const records = Array.from({ length: 14 }, (_, i) => exampleOf(card, words, i));
    expect(records[0]).toMatchObject({ impressions: 5000, keyword: 'boots', site: null });
    expect(new Set(records.map((each) => JSON.stringify(each))).size).toBe(14);
    for (const { impressions, share, device, keyword } of records) {
      expect(Number.isInteger(impressions)).toBe(true);
      expect(impressions).toBeGreaterThanOrEqual(10);
      expect(impressions).toBeLessThanOrEqual(1_000_000);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      expect(['phone', "o'clock"]).toContain(device);
      expect(['shoes', 'boots']).toContain(keyword);
    }
  });

  it('are commands for a shell, whatever is in them', () => {
    const record = { device: "o'clock", impressions: 5 };
    expect(curlOf('http://a:1', record, false)).toBe(
      `curl http://a:1/predict_ctr -H 'content-type: application/json' -d '{"device":"o'\\''clock","impressions":5}'`,
    );
    expect(curlOf('http://a:1', record, true)).toContain('-H "x-api-key: $KEY"');
  });
});
