import type { Registry } from '@adscale/ctr';
import { Reporter } from '../cli/reporter.js';

/** Makes a version the one that serves. */
export async function runPromote(
  registry: Registry,
  name: string,
  json: boolean | undefined,
): Promise<void> {
  const version = await registry.resolve(name);
  const before = (await registry.current()) ?? null;
  await registry.promote(version);
  const text = before === version ? `${version} is current already` : `now current: ${version}`;
  new Reporter(json).result(text, { promoted: true, current: version, before });
}

/** Goes back to the version that served before. */
export async function runRollback(registry: Registry, json: boolean | undefined): Promise<void> {
  const before = (await registry.current()) ?? null;
  const current = await registry.rollback();
  const previous = (await registry.previous()) ?? null;
  const further = previous === null ? 'none before it' : `before it: ${previous}`;
  const text = `now current: ${current} (${further})`;
  new Reporter(json).result(text, { current, before, previous });
}

/** Names a version, or with `remove` forgets a name. */
export async function runTag(
  registry: Registry,
  tag: string,
  { name, remove, json }: { name: string; remove?: boolean; json?: boolean },
): Promise<void> {
  const reporter = new Reporter(json);
  if (remove) {
    await registry.untag(tag);
    reporter.result(`no tag ${tag} any more`, { tag, version: null });
    return;
  }
  const version = await registry.resolve(name);
  await registry.tag(version, tag);
  reporter.result(`${tag}: ${version}`, { tag, version });
}

/** Removes versions that nobody needs. */
export async function runPrune(
  registry: Registry,
  { keep, dryRun, json }: { keep: number; dryRun?: boolean; json?: boolean },
): Promise<void> {
  const pruned = await registry.prune({ keep, dryRun });
  const { removed, kept, swept } = pruned;
  const lines = [
    ...removed.map((version) => `${dryRun ? 'would remove' : 'removed'}  ${version}`),
    ...kept.map(({ version, reasons }) => `kept  ${version}  ${reasons.join(', ')}`),
    ...(swept.length === 0 ? [] : [`left behind by processes that were killed: ${swept.length}`]),
  ];
  const text = lines.length === 0 ? `${registry.folder} has no version` : lines.join('\n');
  new Reporter(json).result(text, { dry_run: dryRun ?? false, ...pruned });
}
