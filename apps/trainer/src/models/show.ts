import type { ModelCard, Registry } from '@adscale/ctr';
import { reportCard, reportEvaluation } from '../score/summary.js';
import { Reporter } from '../cli/reporter.js';
import { listVersions } from './list.js';

/** Prints all that is known of a version. */
export async function runShow(
  registry: Registry,
  name: string,
  json: boolean | undefined,
): Promise<void> {
  const version = await registry.resolve(name);
  const card: Partial<ModelCard> = await registry.card(version);
  const listed = (await listVersions(registry)).find((one) => one.version === version);
  const roles = [...(listed?.roles ?? []), ...(listed?.tags ?? []).map((tag) => `tag ${tag}`)];
  const lines = [
    `version          ${version}${roles.length === 0 ? '' : ` (${roles.join(', ')})`}`,
    `created          ${card.created_at ?? '–'} by version ${card.code_version ?? '–'}`,
    `source           ${card.source ?? '–'}`,
    `data             ${card.data_fingerprint ?? 'no fingerprint'}`,
    `features         ${(card.schema?.features ?? []).map(({ name, kind }) => `${name} (${kind})`).join(', ')}`,
    `parameters       ${parametersText(card.parameters)}`,
    judgementText(card),
  ];
  const { roles: does = [], tags = [] } = listed ?? {};
  new Reporter(json).result(lines.join('\n'), { version, roles: does, tags, card });
}

/** Of a model that came from elsewhere, only what it was judged by, if it was. */
function judgementText(card: Partial<ModelCard>): string {
  if (card.held_out === undefined) return 'judged on        nothing yet: see adscale evaluate';
  return card.out_of_bag === undefined
    ? reportEvaluation(card.held_out)
    : reportCard(card as ModelCard);
}

function parametersText(parameters: object | undefined): string {
  return Object.entries(parameters ?? {})
    .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
    .join(', ');
}
