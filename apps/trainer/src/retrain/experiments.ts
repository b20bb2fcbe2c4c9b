import { ServiceError, type Service } from '../service/ask.js';

/** Which rows of experiments are learned from. */
export const armChoices = ['finished', 'all', 'none'] as const;
export type ArmChoice = (typeof armChoices)[number];

/** An experiment as `GET /experiments` lists it. */
interface Experiment {
  readonly id: string;
  readonly finished_at?: string | null;
}

/**
 * Why cells of an arm, as `<experiment>/<arm>`, are left out. Until an experiment is finished its arms are
 * not learned from: a model that has seen one of them would be served to the other.
 * @throws as `Service.get`
 */
export async function armFilter(
  choice: ArmChoice,
  service: Service,
): Promise<(arm: string) => string | undefined> {
  if (choice === 'all') return () => undefined;
  if (choice === 'none') return () => 'arms of experiments (--arms none)';
  const finished = await finishedExperiments(service);
  return (arm) =>
    finished.has(arm.split('/')[0]) ? undefined : 'arms of experiments that are not finished';
}

async function finishedExperiments(service: Service): Promise<ReadonlySet<string>> {
  try {
    const { experiments } = await service.get<{ experiments: readonly Experiment[] }>(
      '/experiments',
    );
    const finished = experiments.filter(({ finished_at: at }) => (at ?? null) !== null);
    return new Set(finished.map(({ id }) => id));
  } catch (error) {
    // A service without experiments has none that are finished.
    if (error instanceof ServiceError && error.status === 404) return new Set();
    throw error;
  }
}
