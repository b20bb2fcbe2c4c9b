import { InvalidArgumentError, Option, type Command } from 'commander';
import { expandMapping, type Mapping, type Restated } from './mapping.js';

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
  readonly negativeSamplingRate?: number;
  readonly repeatClicks?: Mapping['repeat_clicks'];
  readonly blankClicks?: Mapping['blank_clicks'];
  readonly restated?: Restated;
  /** Days. */
  readonly mature?: number;
  readonly exposureFeature?: boolean;
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
    )
    .addOption(samplingFlag())
    .addOption(
      new Option(
        '--repeat-clicks <what>',
        'a label above 1, the clicks of one impression: one click (cap), or refuse the data',
      ).choices(['cap', 'refuse']),
    )
    .addOption(
      new Option(
        '--blank-clicks <what>',
        'empty clicks beside impressions: no clicks (zero), or refuse the rows',
      ).choices(['zero', 'refuse']),
    )
    .addOption(
      new Option(
        '--restated <what>',
        'rows of one key with other counts: take the newest, refuse the data, or keep all',
      ).choices(['newest', 'refuse', 'keep']),
    )
    .addOption(
      new Option(
        '--mature <days>',
        'leave out the youngest days, as 3d: they still grow',
      ).argParser(days),
    )
    .option('--exposure-feature', 'impressions are a feature too: CTR may depend on volume')
    .option('--no-exposure-feature', 'impressions are no feature');
}

/** `--negative-sampling-rate <share>`, in (0, 1]. */
export function samplingFlag(): Option {
  return new Option(
    '--negative-sampling-rate <share>',
    'of impressions without a click the data holds this share, of clicks all; 1: it is whole',
  ).argParser(rate);
}

function rate(text: string): number {
  const value = Number(text);
  if (value > 0 && value <= 1) return value;
  throw new InvalidArgumentError('wanted a share above 0, at most 1.');
}

function days(text: string): number {
  const value = /^(\d{1,4}) ?d?(ays?)?$/.exec(text)?.[1];
  if (value === undefined) throw new InvalidArgumentError('wanted whole days, as 3d.');
  return Number(value);
}

/** A mapping with the flags' changes. */
export function changeMapping(mapping: Mapping, changes: MappingChanges): Mapping {
  const { where, derive } = changes;
  const { dirty, restated, mature: mature_days, exposureFeature: exposure_feature } = changes;
  const { negativeSamplingRate: negative_sampling_rate } = changes;
  const { repeatClicks: repeat_clicks, blankClicks: blank_clicks } = changes;
  const told = {
    ...{ dirty, restated, mature_days, exposure_feature },
    ...{ negative_sampling_rate, repeat_clicks, blank_clicks },
  };
  const { features, ...keys } = mapping;
  return expandMapping({
    ...keys,
    ...(where.length > 0 && { where: [...(mapping.where ?? []), ...where] }),
    ...(Object.keys(derive).length > 0 && { derived: { ...mapping.derived, ...derive } }),
    ...Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined)),
    features,
  });
}
