import { useMutation } from '@tanstack/react-query';
import { answer, client, type PlacementRecord, type Schemas } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { Button } from '../shell/controls.js';
import { Failure } from '../shell/states.js';
import type { Figures, Why } from './asking.js';

/** Asks the service the same, which counts as a request there, and says whether it answers the same. */
export function Check({
  record,
  version,
  figures,
  why,
  names,
}: {
  readonly record: PlacementRecord;
  readonly version: string;
  readonly figures: Figures;
  readonly why: Why;
  readonly names: readonly string[];
}) {
  const check = useMutation({
    mutationFn: async (record: PlacementRecord) => {
      return { record, told: await answer(client.POST('/explain', { body: record as never })) };
    },
  });
  const told = check.data?.record === record ? check.data.told : undefined;
  return (
    <div className="wi-check">
      <Button onPress={() => check.mutate(record)} isDisabled={check.isPending}>
        Check against the service
      </Button>
      <div role="status">
        {told !== undefined && <p>{verdict(told, { version, figures, why, names })}</p>}
        {told !== undefined && told.extrapolated.length > 0 && (
          <p>{`It says that the record lies outside of the training data in ${told.extrapolated.join(', ')}.`}</p>
        )}
      </div>
      {check.error && <Failure problem={asProblem(check.error)} />}
    </div>
  );
}

function verdict(
  told: Schemas['ExplainAnswer'],
  { version, figures, why, names }: Omit<Parameters<typeof Check>[0], 'record'>,
): string {
  if (told.model_version !== version) {
    return `The service answered by version ${told.model_version}, which is another one than this.`;
  }
  if (told.unrounded_ctr !== figures.prediction) {
    return `The service answered ${told.unrounded_ctr}, and this page ${figures.prediction}.`;
  }
  const same = `The service answers the same CTR, to the last bit: ${told.unrounded_ctr}.`;
  if (told.method !== why.method)
    return `${same} It explains it by another method, ${told.method}.`;
  const differing = names.filter((name, g) => told.contributions[name] !== why.values[g]);
  return differing.length === 0
    ? `${same} So are all contributions.`
    : `${same} Contributions differ: ${differing.join(', ')}.`;
}
