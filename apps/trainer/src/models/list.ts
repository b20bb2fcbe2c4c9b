import { ROLES, type ModelCard, type Registry } from '@adscale/ctr';
import { Reporter, tableText } from '../cli/reporter.js';
import { reportCard, reportEvaluation } from '../score/summary.js';

/** One version as it is listed. */
interface ListedVersion {
  readonly version: string;
  /** current, previous, canary, shadow. */
  readonly roles: readonly string[];
  readonly tags: readonly string[];
  readonly created_at: string | null;
  /** average, forest, boosted or blend; null of a model that came from elsewhere. */
  readonly kind: string | null;
  readonly source: string | null;
  readonly normalised_entropy: number | null;
  /** R², rows weighted by impressions. */
  readonly weighted_r2: number | null;
  /** Why its card cannot be read. */
  readonly broken?: string;
}

/** Prints all versions, newest first. */
export async function runList(registry: Registry, json: boolean | undefined): Promise<void> {
  const versions = (await listVersions(registry)).reverse();
  const text =
    versions.length === 0
      ? `${registry.location} has no version; train one`
      : tableText([HEAD, ...versions.map(cellsOf)]);
  new Reporter(json).result(text, { models: registry.location, versions });
}

/** All versions, oldest first, with what each is for. */
async function listVersions(registry: Registry): Promise<ListedVersion[]> {
  const roles = await rolesOf(registry);
  const tags = await registry.tags();
  const versions = await registry.versions();
  return Promise.all(
    versions.map(async (version) => ({
      version,
      roles: roles.filter(([, of]) => of === version).map(([role]) => role),
      tags: [...tags].filter(([, of]) => of === version).map(([tag]) => tag),
      ...(await summary(registry, version)),
    })),
  );
}

/** What serves, what a roll-back would serve, and what is tried. */
async function rolesOf(registry: Registry): Promise<(readonly [string, string | undefined])[]> {
  const [current, previous] = [await registry.current(), await registry.previous()];
  const rollout = await registry.rollout();
  const tried = ROLES.map((role) => [role, rollout[role]?.version] as const);
  return [['current', current], ['previous', previous], ...tried];
}

type Summary = Omit<ListedVersion, 'version' | 'roles' | 'tags'>;

async function summary(registry: Registry, version: string): Promise<Summary> {
  let card: Partial<ModelCard> = {};
  let broken: string | undefined;
  try {
    card = await registry.card(version);
  } catch (error) {
    broken = (error as Error).message;
  }
  const { created_at = null, source = null, held_out: judged } = card;
  return {
    created_at,
    kind: kindOf(card),
    source,
    normalised_entropy: judged?.normalised_entropy ?? null,
    weighted_r2: judged?.observed?.weighted_r2 ?? null,
    ...(broken !== undefined && { broken }),
  };
}

/** Before there was a choice, every model that was trained here was a forest. */
function kindOf({ choice, out_of_bag: trained }: Partial<ModelCard>): string | null {
  return choice?.kind ?? (trained === undefined ? null : 'forest');
}

const HEAD = ['version', 'created', 'model', 'NE', 'R² by impressions', 'what for', 'source'];

function cellsOf(listed: ListedVersion): string[] {
  const { version, roles, tags, created_at, kind, source, normalised_entropy, weighted_r2 } =
    listed;
  return [
    version,
    created_at?.slice(0, 16).replace('T', ' ') ?? '–',
    kind ?? '–',
    normalised_entropy?.toFixed(5) ?? '–',
    weighted_r2?.toFixed(5) ?? '–',
    [...roles, ...tags.map((tag) => `tag ${tag}`)].join(', ') || '–',
    listed.broken ?? source ?? '–',
  ];
}

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
    // What was chosen among others tells its kind below, with what it was compared with.
    ...(card.choice === undefined ? [`model            ${kindOf(card) ?? 'from elsewhere'}`] : []),
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
