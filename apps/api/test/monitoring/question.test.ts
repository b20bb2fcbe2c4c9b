import { ProblemError } from '../../src/problem/problem.js';
import { questionOf } from '../../src/monitoring/question.js';

const defaults = { days: 28, prices: { cpc: 0.5 }, today: '2026-03-01' };
const ask = (query: unknown) => questionOf(query, defaults);

/** What is wrong with a query, by parameter. */
function wrong(query: unknown): Record<string, string> {
  try {
    ask(query);
  } catch (error) {
    const { code, occurrence } = error as ProblemError;
    expect(code).toBe('INVALID_QUERY');
    return Object.fromEntries(occurrence.errors!.map(({ field, rule }) => [field, rule]));
  }
  return {};
}

describe('a question about outcomes', () => {
  it('is about the last four weeks of all models, in money as it was set', () => {
    expect(ask({})).toEqual({
      ...{ from: '2026-02-02', to: '2026-03-01', young: 'correct', alpha: 0.05 },
      prices: { cpc: 0.5 },
    });
  });

  it('takes what is asked', () => {
    const query = { from: '2026-01-01', to: '2026-01-31', young: 'leave-out', alpha: '0.01' };
    expect(ask({ ...query, model: '20260101-120000-3fa1c2d4', value: '2', cpm: '3.5' })).toEqual({
      ...{ from: '2026-01-01', to: '2026-01-31', young: 'leave-out', alpha: 0.01 },
      ...{ model: '20260101-120000-3fa1c2d4', prices: { value_per_click: 2, cpm: 3.5 } },
    });
  });

  it('is about the days before the last one where it does not say from when', () => {
    expect(ask({ to: '2024-03-10' }).from).toBe('2024-02-12');
  });

  it('says what is wrong of each parameter', () => {
    expect(
      wrong({
        ...{ from: '2026-02-30', to: 'today', young: 'old', alpha: '0.9', cpc: '0', cpm: '-1' },
        ...{ model: 'a b', prize: '1' },
      }),
    ).toEqual({
      from: 'a day such as 2026-03-01',
      to: 'a day such as 2026-03-01',
      young: 'one of correct, leave-out',
      alpha: 'a number above 0, at most 0.5',
      cpc: 'a price above 0',
      cpm: 'a price above 0',
      model: 'a version of the model',
      prize: expect.stringContaining('no parameter but from or to'),
    });
    expect(wrong({ from: '2026-03-02' })).toEqual({
      from: 'no later than to, which is 2026-03-01',
    });
  });
});
