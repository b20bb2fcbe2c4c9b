// `node libs/decisions/bench/speed.mjs [part of a name]`: processor time of every decision at its
// documented limit, or of those that the part names, on a model of 5,000 generated records and 100 trees. Medians and 99th percentiles over calls
// after a warm-up; a checksum keeps the answers from being optimised away.
import { cpus } from 'node:os';
import * as decisions from '@adscale/decisions';
import { Market } from './market.mjs';

const CALLS = { few: 20, many: 200 };
const record = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };
const devices = ['mobile', 'desktop', 'tablet'];

const market = new Market('realistic', 1);
const model = await market.train('forest');
const records = market.fresh(decisions.MAX_CANDIDATES, 77);
const { between } = market.chance(1);

function cells(count) {
  return Array.from({ length: count }, (_, i) => ({
    record: { device_type: devices[i % 3], ad_position: 1 + (i % 10) },
    cost: { cpm: between(1, 10).toFixed(2) },
    floor: i % 5 === 0 ? 10 : 0,
    cap: between(50, 350).toFixed(2),
    max_impressions: Math.round(between(20_000, 120_000)),
  }));
}

const range = (count, step) => Array.from({ length: count }, (_, i) => 1000 + i * step);

const candidates = records.map((one) => ({
  record: one,
  value_per_click: between(0.2, 2).toFixed(2),
}));
const runs = {
  'rank 1,000 candidates, all different': ['rank', { candidates, floor_ecpm: 10 }],
  'rank 1,000 candidates of 30 placements': [
    'rank',
    { candidates: candidates.map((one, i) => ({ ...one, record: records[i % 30] })) },
  ],
  'forecast 1,000 placements': [
    'forecast',
    { schedule: records.map((one) => ({ record: one, cost: { cpm: 4 } })) },
  ],
  'compare two placements, all features differ': ['compare', { a: records[0], b: records[1] }],
  'opportunities among 1,000 placements': [
    'opportunities',
    { placements: records.map((one) => ({ record: one })), floor_ctr: 0.01, top: 20 },
  ],
  'opportunities among 1,000 impressions, each a cell': [
    'opportunities',
    { base: record, vary: { impressions: range(1000, 37) }, cell_by: ['impressions'] },
  ],
  'opportunities among 1,000 cells of two numbers': [
    'opportunities',
    {
      base: record,
      vary: { impressions: range(40, 925), budget: range(25, 400) },
      cell_by: ['impressions', 'budget'],
    },
  ],
  'curve over spend': ['curve', { record, over: 'spend', from: 1, to: 5000, cost: { cpm: 5 } }],
  'allocate to 100 cells, exact': ['allocate', { budget: 6000, cells: cells(100) }],
  'allocate to 5,000 cells, lagrangian': ['allocate', { budget: 300_000, cells: cells(5000) }],
};

console.log(`${cpus().length} × ${cpus()[0].model}, Node ${process.version}`);
let checksum = 0;
const [part = ''] = process.argv.slice(2);
for (const [name, [decision, request]] of Object.entries(runs)) {
  if (!name.includes(part)) continue;
  const calls = decision === 'allocate' ? CALLS.few : CALLS.many;
  const times = [];
  for (let call = -calls / 2; call < calls; call++) {
    const before = process.cpuUsage();
    const answer = await decisions[decision](model, request);
    const { user, system } = process.cpuUsage(before);
    checksum += answer.assumptions.length;
    if (call >= 0) times.push((user + system) / 1000);
  }
  times.sort((a, b) => a - b);
  const at = (share) => times[Math.min(calls - 1, Math.floor(share * calls))].toFixed(1);
  console.log(`${name}: ${at(0.5)} ms (p99 ${at(0.99)} ms)`);
}
if (!(checksum > 0)) throw new Error('nothing was decided');
