import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LOADS, assumptions, planFor } from '../bench/capacity/plan.mjs';
import { readText, readYaml } from './manifests.js';

const once = (median: number) => ({ median, min: median, max: median, runs: 1 });
const asking = (cpu: number, requests: number, bytes: { in: number; out: number }) => ({
  ...{ cpu: once(cpu), requests, p50: once(0.01), ...bytes },
});

/** Round figures: a request of 60 µs, an outcome of 60 µs, and so on. */
const costs = {
  asking: {
    single: asking(60e-6, 1, { in: 200, out: 600 }),
    batch: asking(6e-6, 0.001, { in: 80, out: 25 }),
    tensor: asking(3e-6, 0.001, { in: 32, out: 8 }),
  },
  outcome: { cpu: once(60e-6), bytes: 100, postgres: { cpu: once(30e-6), disk: 400 } },
  balancer: { single: once(20e-6), batch: once(8e-8), tensor: once(8e-8) },
  valkey: {
    one: { cpu: 0.006, commands: 100, bytes: 1000 },
    many: { cpu: 0.016, commands: 1000, bytes: 10_000 },
    clients: 11,
  },
  retrain: { cpu: 3600, rows: 1000 },
  resident: 2 ** 28,
};
const assumed = {
  ...{ 'vcpu-hour': 0.1, 'machine-vcpus': 4, 'machine-gbit': 1, 'store-terabytes': 4 },
  ...{ utilisation: 0.5, outcomes: 0.1, 'open-days': 14, clients: 1, retrainings: 1 },
};

describe('a plan', () => {
  it('counts what each part takes of one machine', () => {
    const { needs, processes, outcomes, connections } = planFor(costs, 'single', 100_000, assumed);
    // 6 s of predictions and 0.6 s of outcomes each second, on 4 processors half used.
    expect(needs['processors of the service']).toBeCloseTo(3.3);
    expect(processes).toBe(14);
    expect(needs['the one thread of Valkey']).toBeCloseTo((14 * 0.006) / 0.5);
    const crowd = planFor(costs, 'single', 100_000, { ...assumed, clients: 21 });
    expect(crowd.needs['the one thread of Valkey']).toBeCloseTo((14 * 0.026) / 0.5);
    expect(outcomes).toBe(10_000);
    expect(needs['processors of PostgreSQL']).toBeCloseTo(0.15);
    expect(needs['disk of PostgreSQL']).toBeCloseTo((10_000 * 400 * 86_400 * 14) / 4e12);
    // A request and its answer are a packet each, and half an acknowledgement.
    const [asked, answered] = [200 + 135, 600 + 135];
    expect(needs['network of the balancer']).toBeGreaterThan(
      (8e-9 * 1e5 * (asked + answered)) / 0.5,
    );
    expect(needs['network of the service']).toBeCloseTo((8e-9 * 1e5 * answered) / 0.5);
    // By Little's law.
    expect(connections).toBe(1000);
  });

  it('has whole machines, and money for each of them', () => {
    const { needs, machines, dollars, perMillion } = planFor(costs, 'single', 1_000_000, assumed);
    expect(machines.service).toBe(Math.ceil(needs['processors of the service']!));
    expect(machines.PostgreSQL).toBe(Math.ceil(needs['disk of PostgreSQL']!));
    const total = Object.values(machines).reduce((sum, each) => sum + each, 0);
    // An hour of a processor a day is for retraining.
    expect(dollars).toBeCloseTo((total * 4 * 24 + 1) * (730 / 24) * 0.1);
    expect(perMillion).toBeCloseTo(dollars / (730 * 3600));
  });

  it('never has fewer machines than may fail, however small the load', () => {
    expect(planFor(costs, 'tensor', 1, assumed).machines).toEqual({
      ...{ service: 3, balancer: 2, Valkey: 1, PostgreSQL: 1 },
    });
  });

  it('names what is full first, which batches and fewer outcomes move', () => {
    const first = (way: string, more = {}) =>
      planFor(costs, way, 1_000_000, { ...assumed, ...more }).first;
    expect(first('single')).toBe('processors of the service');
    expect(first('batch')).toBe('disk of PostgreSQL');
    expect(first('batch', { outcomes: 0.0001 })).toBe('processors of the service');
    expect(first('single', { 'machine-gbit': 0.1 })).toBe('network of the balancer');
  });

  it('leaves out what was not measured', () => {
    const { needs, machines } = planFor(
      {
        ...costs,
        balancer: undefined,
        valkey: undefined,
        outcome: { ...costs.outcome, postgres: undefined },
      },
      ...(['single', 100_000, assumed] as const),
    );
    expect(needs['processors of PostgreSQL']).toBeUndefined();
    expect(needs['the one thread of Valkey']).toBeUndefined();
    expect(machines).toMatchObject({ Valkey: 1, PostgreSQL: 1 });
  });
});

describe('the page of capacity', () => {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const run = (...args: string[]) =>
    spawnSync(process.execPath, ['tools/bench/capacity.mjs', ...args], {
      ...{ cwd: root, encoding: 'utf8' },
    });
  const cells = (text: string): string[][] =>
    text
      .split('\n')
      .filter((line) => line.startsWith('|') && !/^[|\s:-]+$/.test(line))
      .map((line) => line.split('|').map((cell) => cell.trim()));

  it('shows what the script prints of what was measured', () => {
    const { status, stdout, stderr } = run('--from', 'tools/deploy/capacity.json');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const page = cells(readText('tools/deploy/capacity.md'));
    expect(cells(stdout).length).toBeGreaterThan(30);
    for (const line of cells(stdout)) expect(page).toContainEqual(line);
  });

  it('has an autoscaler that begins before a replica is full', () => {
    const { costs: measured } = JSON.parse(
      readFileSync(`${root}tools/deploy/capacity.json`, 'utf8'),
    );
    const settings = readYaml('tools/deploy/overlays/production/kustomization.yaml');
    const [, workers] = /WORKERS=(\d+)/.exec(settings.configMapGenerator[0].literals.join())!;
    const [, target] = /averageValue: '(\d+)'/.exec(
      readText('tools/deploy/overlays/production/replicas.yaml'),
    )!;
    const { utilisation } = assumptions;
    const most = (Number(workers) * utilisation!.fallback) / measured.asking.single.cpu.median;
    expect(Number(target)).toBeLessThan(most);
    expect(Number(target)).toBeGreaterThan(most / 4);
  });

  it('is about the loads that people ask about', () => {
    expect(LOADS).toEqual([10_000, 100_000, 1_000_000]);
  });

  it('refuses an assumption that is no number above 0, by its name', () => {
    const { status, stderr } = run('--vcpu-hour=free', '--from', 'tools/deploy/capacity.json');
    expect(status).not.toBe(0);
    expect(stderr).toContain('--vcpu-hour is free, wanted a number above 0');
  });
});
