import { transform } from 'esbuild';

export interface Answer {
  status: number;
  body: string;
  headers: Record<string, string>;
  /** Milliseconds that the answer took. */
  took: number;
}

export interface Sent {
  method: string;
  url: string;
  body?: string;
  /** The scenario that sent it; none in setup and teardown. */
  scenario?: string;
}

interface ScenarioOptions {
  vus: number;
  duration: string;
  startTime?: string;
  exec?: string;
}

export interface Script {
  options: {
    scenarios: Record<string, ScenarioOptions>;
    thresholds: Record<string, string[]>;
  };
  setup?: () => unknown;
  teardown?: (data: unknown) => void;
  default?: (data: unknown) => void;
  [exec: string]: unknown;
}

interface Sample {
  metric: string;
  value: number;
  tags: Record<string, string>;
}

interface Params {
  responseCallback?: { statuses: number[] };
}

/**
 * What k6 gives a script, with a server that answers as `answer` says; and what k6 makes of what
 * the script then does, as far as our scripts ask: samples with tags, and thresholds over them.
 */
export class K6 {
  readonly sent: Sent[] = [];
  private readonly samples: Sample[] = [];
  private scenario: string | undefined;
  private iteration = 0;

  constructor(private readonly answer: (sent: Sent) => Partial<Answer>) {}

  /** Loads a bundled script, as one virtual user has it. */
  async load(bundle: string, env: object = {}): Promise<Script> {
    const { code } = await transform(bundle, { format: 'cjs' });
    const module = { exports: {} as Script };
    const require = (name: string) => this.modules[name];
    new Function('module', 'require', '__ENV', code)(module, require, env);
    return module.exports;
  }

  /** Runs `iterations` of each scenario, one after the other. */
  run(script: Script, iterations: number): void {
    const data = script.setup?.();
    for (const [name, { exec }] of Object.entries(script.options.scenarios)) {
      this.scenario = name;
      const iterate = script[exec ?? 'default'] as (data: unknown) => void;
      for (this.iteration = 0; this.iteration < iterations; this.iteration++) iterate(data);
      this.scenario = undefined;
    }
    script.teardown?.(data);
  }

  /** The thresholds that were not met. */
  missed({ options }: Script): string[] {
    return Object.entries(options.thresholds).flatMap(([metric, conditions]) =>
      conditions
        .filter((condition) => !this.meets(metric, condition))
        .map((condition) => `${metric} ${condition}`),
    );
  }

  valuesOf(metric: string): number[] {
    return this.samples.filter((sample) => sample.metric === metric).map(({ value }) => value);
  }

  private meets(selector: string, condition: string): boolean {
    const [, metric, tags = ''] = /^([\w-]+)(?:\{(.*)\})?$/.exec(selector)!;
    const wanted = tags.split(',').filter(Boolean);
    const values = this.samples
      .filter((sample) => sample.metric === metric)
      .filter((sample) => wanted.every((tag) => hasTag(sample, tag)))
      .map(({ value }) => value);
    const [, figure, operator, limit] = /^(\w+(?:\(\d+\))?)(==|>=|<=|<|>)([\d.]+)$/.exec(
      condition,
    )!;
    // as in k6: a threshold over nothing is met
    if (values.length === 0) return true;
    return compare(aggregate(values, figure!), operator!, Number(limit));
  }

  private add(metric: string, value: number, tags: Record<string, string> = {}): void {
    const { scenario } = this;
    const all = scenario === undefined ? tags : { ...tags, scenario };
    this.samples.push({ metric, value, tags: all });
  }

  private send(method: string, url: string, body?: string | null, params: Params = {}): object {
    const sent: Sent = { method, url };
    if (typeof body === 'string') sent.body = body;
    if (this.scenario !== undefined) sent.scenario = this.scenario;
    this.sent.push(sent);
    const answer = { status: 200, body: '', headers: {}, took: 1, ...this.answer(sent) };
    const expected = params.responseCallback?.statuses.includes(answer.status);
    const isExpected = expected ?? (answer.status >= 200 && answer.status < 400);
    const tags = { expected_response: String(isExpected) };
    this.add('http_req_failed', isExpected ? 0 : 1, tags);
    this.add('http_req_duration', answer.took, tags);
    return { ...answer, json: () => JSON.parse(answer.body) as unknown };
  }

  private metric() {
    const add = (name: string, value: number) => this.add(name, value);
    return class {
      constructor(private readonly name: string) {}
      add(value: number): void {
        add(this.name, value);
      }
    };
  }

  private readonly modules: Record<string, unknown> = {
    k6: {
      check: (value: unknown, conditions: Record<string, (value: unknown) => boolean>) => {
        for (const condition of Object.values(conditions))
          this.add('checks', condition(value) ? 1 : 0);
      },
      sleep: () => {},
    },
    'k6/execution': { __esModule: true, default: { scenario: this.execution() } },
    'k6/http': {
      __esModule: true,
      default: {
        get: (url: string) => this.send('GET', url),
        post: (url: string, body: string) => this.send('POST', url, body),
        request: (method: string, url: string, body: string | null, params: Params) =>
          this.send(method, url, body, params),
        batch: (requests: Sent[]) =>
          requests.map(({ method, url, body }) => this.send(method, url, body)),
        expectedStatuses: (...statuses: number[]) => ({ statuses }),
      },
    },
    'k6/metrics': { Gauge: this.metric(), Counter: this.metric() },
  };

  private execution(): object {
    const iteration = () => this.iteration;
    return {
      get iterationInTest() {
        return iteration();
      },
    };
  }
}

function hasTag({ tags }: Sample, tag: string): boolean {
  const [name, value] = tag.split(':');
  return tags[name!] === value;
}

/** `rate`, `count`, `value` (the last one) or `p(99)`, as k6 means them. */
function aggregate(values: number[], figure: string): number {
  const sum = values.reduce((total, value) => total + value, 0);
  if (figure === 'rate') return sum / values.length;
  if (figure === 'count') return sum;
  if (figure === 'value') return values.at(-1)!;
  const quantile = Number(/^p\((\d+)\)$/.exec(figure)![1]) / 100;
  return [...values].sort((a, b) => a - b)[Math.floor(quantile * (values.length - 1))]!;
}

function compare(value: number, operator: string, limit: number): boolean {
  switch (operator) {
    case '==':
      return value === limit;
    case '>=':
      return value >= limit;
    case '<=':
      return value <= limit;
    case '<':
      return value < limit;
    default:
      return value > limit;
  }
}
