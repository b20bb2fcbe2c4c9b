import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Mapping } from './mapping.js';

/** Flags that say what columns mean. */
export interface MappingFlags {
  readonly impressions?: string;
  readonly clicks?: string;
  readonly label?: string;
  /** Columns to be the features; all that are fit for it if empty. */
  readonly feature: readonly string[];
  readonly forceFeature: readonly string[];
}

/** Flags that change a mapping that is there. */
export interface MappingChanges {
  readonly where: readonly string[];
  readonly derive: Readonly<Record<string, string>>;
  readonly dirty?: Mapping['dirty'];
}

const collect = (text: string, before: readonly string[]): string[] => [...before, text];

function collectDerived(
  text: string,
  before: Readonly<Record<string, string>>,
): Record<string, string> {
  const at = text.indexOf('=');
  if (at < 1)
    throw new InvalidArgumentError("wanted name=expression, as weekday='dayofweek(day)'.");
  return { ...before, [text.slice(0, at).trim()]: text.slice(at + 1) };
}

/** Adds the flags that name columns, for where they are guessed otherwise. */
export function addMappingFlags(command: Command): Command {
  return command
    .option('--impressions <column>', 'counts how often the ad was shown')
    .option('--clicks <column>', 'counts the clicks')
    .option('--label <column>', '0 or 1, one row an impression: a click log')
    .addOption(
      new Option('--feature <column>', 'a feature, and no others but these; repeatable')
        .argParser(collect)
        .default([], 'every column that is fit'),
    )
    .addOption(
      new Option('--force-feature <column>', 'take it although it leaks the clicks; repeatable')
        .argParser(collect)
        .default([], 'none'),
    );
}

/** Adds the flags that change a mapping. */
export function addMappingChanges(command: Command): Command {
  return command
    .addOption(
      new Option('--where <sql>', 'learn only from rows that meet it; repeatable')
        .argParser(collect)
        .default([], 'all'),
    )
    .addOption(
      new Option('--derive <name=sql>', 'a further column; repeatable')
        .argParser(collectDerived)
        .default({}, 'none'),
    )
    .addOption(
      new Option('--dirty <what>', 'rows that break a rule: drop them, or refuse the data').choices(
        ['drop', 'refuse'],
      ),
    );
}

/** A mapping with the flags' changes. */
export function changeMapping(mapping: Mapping, changes: MappingChanges): Mapping {
  const { where, derive, dirty } = changes;
  return {
    ...mapping,
    ...(where.length > 0 && { where: [...(mapping.where ?? []), ...where] }),
    ...(Object.keys(derive).length > 0 && { derived: { ...mapping.derived, ...derive } }),
    ...(dirty !== undefined && { dirty }),
  };
}
