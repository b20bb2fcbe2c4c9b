import type { ExperimentRow } from '../../src/store/experiment-tables.js';
import { Experiments } from '../../src/experiments/experiments.js';

const DAY_MS = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const dayAt = (i: number): string => new Date(START + i * DAY_MS).toISOString().slice(0, 10);

const arms = [
  { name: 'plain', share: 0.5 },
  { name: 'blue', share: 0.5 },
];
const plan = {
  ...{ arms, significance: 0.05, power: 0.8, uplift: 0.1, dispersion: 1 },
  ...{ baseline_ctr: 0.05, size: { impressions: 1_000_000, impressions_per_arm_fixed: 30_000 } },
};
const row: ExperimentRow = {
  ...{ id: 'e1', name: 'Blue button', plan: JSON.stringify(plan) },
  ...{ created_at: START, finished_at: null, winner: null },
};

/** Experiments over a store that has so many days of outcomes, the last day first. */
function experimentsOf(days: number): Experiments {
  const told = Array.from({ length: days }, (_, i) =>
    ['e1/plain', 'e1/blue'].map((arm) => ({ arm, day: dayAt(i), impressions: 1000, clicks: 50 })),
  );
  const answers: Record<string, unknown> = { findExperiment: row };
  answers.outcomesOfArms = told.flat().reverse();
  const store = { run: (name: string) => Promise.resolve(answers[name]) };
  const now = () => START + days * DAY_MS;
  return new Experiments({ store: store as never, served: {} as never, now });
}

describe('the history of an experiment', () => {
  it('tells every day in order where there are few', async () => {
    const { days } = await experimentsOf(60).history('e1');
    expect(days.map(({ day }) => day)).toEqual(Array.from({ length: 60 }, (_, i) => dayAt(i)));
    expect(days.map(({ impressions }) => impressions)).toEqual(days.map((_, i) => 2000 * (i + 1)));
  });

  it('tells sixty of many, about as far apart, and all that came up to the last', async () => {
    const { days } = await experimentsOf(400).history('e1');
    expect(days).toHaveLength(60);
    expect(days.at(-1)).toMatchObject({ day: dayAt(399), impressions: 800_000, clicks: 40_000 });
    const places = days.map(({ day }) => (Date.parse(day) - START) / DAY_MS);
    const gaps = places.slice(1).map((place, i) => place - places[i]);
    expect([Math.min(...gaps), Math.max(...gaps)]).toEqual([6, 7]);
  });

  it('lets others have a turn between two days', async () => {
    let turns = 0;
    let isOver = false;
    const turn = (): void => {
      turns++;
      if (!isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await experimentsOf(40).history('e1');
    isOver = true;
    expect(turns).toBeGreaterThanOrEqual(39);
  });
});
