import {
  ServiceStats,
  averageCtr,
  requestTotals,
  uptimeSeconds,
  windowFigures,
  type StatsSnapshot,
} from '../../src/index.js';

/** A service whose clock stands still, so that whatever is counted is in every window. */
const serviceAtNoon = () => new ServiceStats(() => 1_767_268_800_000);

const cache = { hits: 3, misses: 1, size: 2, bytes: 64, evictions: 0 };
const device = { name: 'device_type', categories: ['mobile', 'desktop', 'tablet'] };
const position = { name: 'ad_position', categories: ['1', '2', '10'] };

function statusesOf(snapshot: StatsSnapshot) {
  return snapshot.routes.map(({ method, path, statuses }) => [`${method} ${path}`, statuses]);
}

describe('requests', () => {
  it('are counted by route and status', () => {
    const stats = serviceAtNoon();
    const predict = stats.route('POST', '/predict_ctr');
    const models = stats.route('GET', '/models');
    stats.route('GET', '/never_asked');
    for (const status of [200, 200, 503, 422]) stats.countRequest(predict, status, 1);
    stats.countRequest(models, 599, 1);
    expect(statusesOf(stats.snapshot())).toEqual([
      ['GET /models', [599, 1]],
      ['POST /predict_ctr', [200, 2, 422, 1, 503, 1]],
    ]);
  });

  it('count for the same route when it was registered twice', () => {
    const stats = serviceAtNoon();
    expect(stats.route('GET', '/a')).toBe(stats.route('GET', '/a'));
    expect(stats.route('GET', '/a')).not.toBe(stats.route('POST', '/a'));
  });

  it('without a route, or with a status or latency that is none, are counted all the same', () => {
    const stats = serviceAtNoon();
    const route = stats.route('GET', '/a');
    for (const status of [0, 99, 600, 200.5, -1, NaN, Infinity]) {
      stats.countRequest(route, status, 1);
    }
    for (const latency of [NaN, -5, -Infinity, Infinity]) stats.countRequest(route, 200, latency);
    stats.countRequest(undefined, 404, 1);
    const snapshot = stats.snapshot();
    expect(statusesOf(snapshot)).toEqual([
      ['* *', [404, 1]],
      ['GET /a', [0, 7, 200, 4]],
    ]);
    // Seven of 1 ms, two of 0 and one capped at 1000 s; NaN has no latency.
    expect(snapshot.routes[1].microseconds).toBe(7_000 + 1e9);
    expect(requestTotals(snapshot.routes)).toMatchObject({ requests: 12, errors: 0 });
    expect(windowFigures(snapshot, '1m')).toMatchObject({ requests: 12, errors: 0 });
  });

  it('to a background route stay out of the windows', () => {
    const stats = serviceAtNoon();
    stats.countRequest(stats.route('GET', '/health', { background: true }), 503, 1);
    stats.countRequest(stats.route('GET', '/a'), 500, 1);
    const snapshot = stats.snapshot();
    expect(windowFigures(snapshot, '1m')).toMatchObject({ requests: 1, errors: 1 });
    expect(requestTotals(snapshot.routes)).toMatchObject({ requests: 2, errors: 2 });
    expect(snapshot.routes.map(({ background }) => background)).toEqual([false, true]);
  });
});

describe('predictions', () => {
  it('are counted in all, by model and by category', () => {
    const stats = serviceAtNoon();
    const model = stats.model('v1', [device, position]);
    const codes = new Int32Array(2);
    for (const [ctr, ...categories] of [
      [0.0847, 0, 2],
      [0.0153, 2, 1],
      [0.05, 0, 2],
    ]) {
      codes.set(categories);
      stats.countPrediction(model, ctr, codes);
    }
    const snapshot = stats.snapshot();
    expect(snapshot).toMatchObject({ predictions: 3, ctrTenThousandths: 1500 });
    expect(snapshot.models).toMatchObject([
      { version: 'v1', served: { predictions: 3, ctrTenThousandths: 1500 } },
    ]);
    expect(snapshot.dimensions).toEqual([
      {
        name: 'ad_position',
        categories: [
          { label: '2', predictions: 1, ctrTenThousandths: 153 },
          { label: '10', predictions: 2, ctrTenThousandths: 1347 },
        ],
      },
      {
        name: 'device_type',
        categories: [
          { label: 'mobile', predictions: 2, ctrTenThousandths: 1347 },
          { label: 'tablet', predictions: 1, ctrTenThousandths: 153 },
        ],
      },
    ]);
    expect(windowFigures(snapshot, '5m').predictions).toBe(3);
  });

  it('with a category that the model does not have count as other', () => {
    const stats = serviceAtNoon();
    const model = stats.model('v1', [device]);
    stats.countPrediction(model, 0.1, Int32Array.of(-1));
    stats.countPrediction(model, 0.1, Int32Array.of(3));
    stats.countPrediction(model, 0.1, new Int32Array(0));
    stats.countPrediction(model, 0.1);
    expect(stats.snapshot().dimensions).toMatchObject([
      { categories: [{ label: 'other', predictions: 4 }] },
    ]);
  });

  it('outside 0 to 1 count as its ends, and NaN not at all', () => {
    const stats = serviceAtNoon();
    const model = stats.model('v1', [device]);
    for (const ctr of [NaN, -1, -Infinity, 7, Infinity]) {
      stats.countPrediction(model, ctr, Int32Array.of(0));
    }
    expect(stats.snapshot()).toMatchObject({ predictions: 4, ctrTenThousandths: 20_000 });
    expect(windowFigures(stats.snapshot(), '1m').predictions).toBe(4);
  });

  it('are summed without rounding error', () => {
    const stats = serviceAtNoon();
    const model = stats.model('v1');
    for (let i = 0; i < 100_000; i++) stats.countPrediction(model, 0.0001);
    expect(averageCtr(stats.snapshot())).toBe(0.0001);
  });

  it('of a shadow model are compared but count for no one else', () => {
    const stats = serviceAtNoon();
    const model = stats.model('v2', [device]);
    stats.countShadow(model, 0.05, 0.02);
    stats.countShadow(model, 0.01, 0.02);
    stats.countShadow(model, NaN, 0.02);
    stats.countShadow(model, 0.01, NaN);
    const snapshot = stats.snapshot();
    expect(snapshot).toMatchObject({ predictions: 0, dimensions: [], windows: { fine: [] } });
    expect(snapshot.models[0].served.predictions).toBe(0);
    expect(snapshot.models[0].shadow).toMatchObject({
      predictions: 2,
      ctrTenThousandths: 600,
      aboveTenThousandths: 300,
      belowTenThousandths: 100,
    });
  });
});

describe('counters', () => {
  it('are there from their registration on and ignore what is no number of events', () => {
    const stats = serviceAtNoon();
    const shed = stats.counter('requests_shed');
    stats.counter('a_quiet_one');
    expect(stats.counter('requests_shed')).toBe(shed);
    shed.increment();
    shed.increment(4);
    for (const by of [0, -1, 0.5, NaN, Infinity, 2 ** 53]) shed.increment(by);
    expect(shed.value).toBe(5);
    expect(stats.snapshot().counters).toEqual([
      { name: 'a_quiet_one', value: 0 },
      { name: 'requests_shed', value: 5 },
    ]);
  });

  it('stop at the largest safe count', () => {
    const counter = serviceAtNoon().counter('events');
    counter.increment(Number.MAX_SAFE_INTEGER);
    counter.increment(Number.MAX_SAFE_INTEGER);
    expect(counter.value).toBe(Number.MAX_SAFE_INTEGER);
  });
});

describe('lookups', () => {
  it('count in the windows, one by one or by the batch', () => {
    const stats = serviceAtNoon();
    stats.countLookup(true);
    stats.countLookup(true, 5);
    stats.countLookup(false, 2);
    for (const times of [0, -3, 0.5, NaN]) stats.countLookup(false, times);
    expect(windowFigures(stats.snapshot(), '1h').hitRate).toBe(0.75);
  });
});

describe('a clock that is wrong', () => {
  it('begins the windows anew when it is set back far, and keeps everything else', () => {
    let time = 1e12;
    const stats = new ServiceStats(() => time);
    const route = stats.route('GET', '/a');
    stats.countRequest(route, 200, 1);
    time += 10_000;
    stats.countRequest(route, 200, 1);
    time -= 86_400_000;
    stats.countRequest(route, 200, 1);
    const snapshot = stats.snapshot();
    expect(windowFigures(snapshot, '1h').requests).toBe(1);
    expect(requestTotals(snapshot.routes).requests).toBe(3);
    expect(uptimeSeconds(snapshot)).toBe(10);
  });

  it('finds the slot of what is counted a little late', () => {
    let time = 1e12;
    const stats = new ServiceStats(() => time);
    const route = stats.route('GET', '/a');
    stats.countRequest(route, 200, 1);
    time -= 6_000;
    stats.countRequest(route, 200, 1);
    const { takenAt, windows } = stats.snapshot();
    expect(takenAt).toBe(1e12);
    expect(windows.fine.map(({ start }) => start)).toEqual([1e12 - 10_000, 1e12]);
  });
});

describe('a snapshot', () => {
  it('takes over the cache figures it knows and no others', () => {
    const stats = serviceAtNoon();
    expect(stats.snapshot({ ...cache, more: 1 } as typeof cache).cache).toEqual(cache);
    expect(stats.snapshot().cache).toEqual({ hits: 0, misses: 0, size: 0, bytes: 0, evictions: 0 });
  });

  it('is frozen to its depths and does not change when counting goes on', () => {
    const stats = serviceAtNoon();
    const model = stats.model('v1', [device]);
    const route = stats.route('GET', '/a');
    const count = () => {
      stats.countRequest(route, 200, 1);
      stats.countPrediction(model, 0.1, Int32Array.of(1));
      stats.countLookup(true);
    };
    count();
    stats.counter('events').increment();
    const before = stats.snapshot(cache);
    const text = JSON.stringify(before);
    count();
    expect(JSON.stringify(before)).toBe(text);
    const thawed: unknown[] = [];
    const visit = (value: unknown) => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) thawed.push(value);
      Object.values(value).forEach(visit);
    };
    visit(before);
    expect(thawed).toEqual([]);
  });
});
