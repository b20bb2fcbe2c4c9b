import { monitor, type Reference } from '../../src/index.js';
import { traffic } from '../cells.js';

const training: Reference = {
  name: 'training',
  features: { ad_position: { values: [], minimum: 1, maximum: 2, size: 500 } },
};

test('inputs are held against what the judged model was trained with', async () => {
  const pages = traffic('extrapolated', { days: 14 });
  const asked: string[] = [];
  const trainingOf = async (model: string): Promise<Reference> => {
    asked.push(model);
    return training;
  };
  const { signs, warnings, reference } = await monitor(pages, { trainingOf });
  expect(asked).toEqual(['v1']);
  const [sign] = signs.filter(({ kind }) => kind === 'outside');
  expect(sign).toMatchObject({ feature: 'ad_position', value: 0.5, raised: true });
  expect(warnings).toContain(sign.words);
  // What changed is still told against the days before.
  expect(reference).toBe('2026-03-01 to 2026-03-07');
  expect(signs.some(({ kind, feature }) => kind === 'psi' && feature === 'ad_position')).toBe(true);
});

test('where training is not known, inputs are held against the days before', async () => {
  const pages = traffic('extrapolated', { days: 14 });
  const { signs } = await monitor(pages, { trainingOf: async () => undefined });
  const outside = signs.filter(({ kind }) => kind === 'outside');
  expect(outside.map(({ value, raised }) => [value, raised])).toEqual([
    [0, false],
    [0, false],
  ]);
});

test('a single day is held against training', async () => {
  const pages = traffic('first day', { days: 1 });
  const { signs, reference } = await monitor(pages, { trainingOf: async () => training });
  expect(reference).toBeNull();
  expect(signs).toMatchObject([{ kind: 'outside', feature: 'ad_position', raised: true }]);
});
