import { ServiceError, type Service } from '../service/ask.js';

/** Which rows of experiments are learned from. */
export const armChoices = ['finished', 'all', 'none'] as const;
export type ArmChoice = (typeof armChoices)[number];

/** A page of `GET /experiments`. */
interface ExperimentPage {
  readonly experiments: readonly { readonly arms: readonly { readonly label: string }[] }[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

/**
 * Why cells of an arm are left out. Until an experiment is finished its arms are
 * not learned from: a model that has seen one of them would be served to the other.
 * @throws as `Service.get`
 */
export async function armFilter(
  choice: ArmChoice,
  service: Service,
): Promise<(arm: string) => string | undefined> {
  if (choice === 'all') return () => undefined;
  if (choice === 'none') return () => 'arms of experiments (--arms none)';
  const finished = await finishedArms(service);
  return (arm) => (finished.has(arm) ? undefined : 'arms of experiments that are not finished');
}

async function finishedArms(service: Service): Promise<ReadonlySet<string>> {
  const labels = new Set<string>();
  try {
    let after: string | null = '';
    while (after !== null) {
      const page: ExperimentPage = await service.get(
        `/experiments?finished=true${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`,
      );
      for (const { arms } of page.experiments) for (const { label } of arms) labels.add(label);
      after = page.next;
    }
  } catch (error) {
    // A service without experiments has none that are finished.
    if (!(error instanceof ServiceError && error.status === 404)) throw error;
  }
  return labels;
}
