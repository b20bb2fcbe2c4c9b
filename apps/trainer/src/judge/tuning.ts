import type { Candidate, Tuning } from '@adscale/ctr';

const names: Readonly<Record<keyof Candidate['options'], string>> = {
  minLeafWeight: 'leaf impressions',
  maxFeatures: 'features a split',
  maxDepth: 'depth',
  minLeafRows: 'leaf rows',
  maxBins: 'bins',
};

/** One fit of a search in a line. */
export function tellCandidate(candidate: Candidate, best: Candidate): string {
  const mark = candidate === best ? '  best so far' : '';
  return `tune: out-of-bag NE ${candidate.normalised_entropy.toFixed(5)} in ${candidate.seconds.toFixed(1)} s, ${tellOptions(candidate.options)}${mark}`;
}

/** How a search ended, in a line. */
export function tellTuning({ tried, best, ended, budget_seconds }: Tuning): string {
  const why = ended === 'converged' ? 'no step improves it' : `${budget_seconds} s were over`;
  return `${tried.length} fits, until ${why}: ${tellOptions(best)}`;
}

function tellOptions(options: Candidate['options']): string {
  return Object.entries(options)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${names[name as keyof typeof names]} ${value}`)
    .join(', ');
}
