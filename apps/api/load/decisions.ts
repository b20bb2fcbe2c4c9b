// Decisions as large as the service takes them, for k6 and for the Node driver. Imports nothing.

/** A request for a decision. */
export interface DecisionRequest {
  path: string;
  body: string;
}

const DEVICES = ['mobile', 'desktop', 'tablet'];

/** How many placements, and cells that HiGHS is given or that are allocated at all, are the most. */
const PLACEMENTS = 1000;
const EXACT_CELLS = 100;
const CELLS = 5000;

/**
 * One of each kind that is costly, the costliest on the event loop first: a thousand cells of impressions,
 * an exact allocation, the largest one, and a ranking.
 */
export const largestDecisions: readonly DecisionRequest[] = [
  {
    path: '/opportunities',
    body: JSON.stringify({
      base: { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 },
      vary: { impressions: each(PLACEMENTS, (i) => 1000 + 37 * i) },
      cell_by: ['impressions'],
    }),
  },
  { path: '/allocate', body: JSON.stringify({ budget: 6000, cells: each(EXACT_CELLS, cellAt) }) },
  { path: '/allocate', body: JSON.stringify({ budget: 300_000, cells: each(CELLS, cellAt) }) },
  { path: '/rank', body: JSON.stringify({ candidates: each(PLACEMENTS, candidateAt) }) },
];

function each<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

function cellAt(i: number): object {
  return {
    record: { ad_position: 1 + (i % 10), device_type: DEVICES[i % 3] },
    cost: { cpm: (100 + ((i * 7919) % 900)) / 100 },
    cap: 50 + ((i * 1047) % 300),
    max_impressions: 20_000 + ((i * 7907) % 100_000),
  };
}

function candidateAt(i: number): object {
  const record = {
    impressions: 1000 + 37 * i,
    ad_position: 1 + (i % 10),
    device_type: DEVICES[i % 3],
    budget: 100 + 13 * i,
  };
  return { record, value_per_click: 0.4 };
}
