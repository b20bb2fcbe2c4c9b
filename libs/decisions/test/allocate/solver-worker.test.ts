import { allocate, solveHere, solveOnThread, type Solve } from '@adscale/decisions';
import { trainedModel } from '../market.js';

/** All the time it needs, so that no answer depends on how busy the machine is. */
const patiently =
  (solve: Solve): Solve =>
  (program, _seconds, gap) =>
    solve(program, Infinity, gap);

/** As built: a thread runs files, and sources are none. */
test('a thread of its own solves what this one would, several at once', async () => {
  const model = await trainedModel({ rows: 400, trees: 10 });
  const requests = [300, 500, 700].map((budget) => ({
    budget,
    cells: [1, 2, 3].map((ad_position) => ({
      record: { ad_position, device_type: 'mobile' },
      cost: { cpm: 12 / ad_position },
      cap: 350,
    })),
  }));
  const answers = (solve: Solve) =>
    Promise.all(requests.map((request) => allocate(model, request, { solve: patiently(solve) })));
  const [there, here] = [await answers(solveOnThread), await answers(solveHere)];
  expect(there).toEqual(here);
});

test('HiGHS says what became of a program', async () => {
  const solve = (bound: number) =>
    solveHere(
      `Maximize\n all: 2 x + y\nSubject To\n c: x + y <= 3\nBounds\n x <= 2\n y >= ${bound}\nEnd`,
      10,
      0,
    );
  const { status, objective, values } = await solve(0);
  expect([status, objective, values]).toEqual(['Optimal', 5, { x: 2, y: 1 }]);
  expect((await solve(4)).status).toBe('Infeasible');
});
