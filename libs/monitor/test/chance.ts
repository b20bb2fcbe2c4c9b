import { randomGamma, randomNormal, randomPoisson, randomUniform } from 'd3-random';
import seedrandom from 'seedrandom';

/** Seeded numbers for simulations. */
export function chance(seed: string) {
  const random = seedrandom(seed);
  const poissonOf = randomPoisson.source(random);
  const gammaOf = randomGamma.source(random);
  return {
    uniform: randomUniform.source(random)(),
    normal: randomNormal.source(random)(),
    poisson: (mean: number): number => (mean > 0 ? poissonOf(mean)() : 0),
    /** A factor of this variance around 1. */
    factor: (variance: number): number => (variance > 0 ? gammaOf(1 / variance, variance)() : 1),
  };
}
