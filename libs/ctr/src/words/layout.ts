import type { Feature, Schema } from '@adscale/forest';
import type { RecordSchema } from '../table/schema.js';
import type { Level } from './levels.js';

/** The columns that records become. */
export interface ColumnLayout {
  readonly schema: Schema;
  /** By feature of the record, and behind them by cross: its columns. */
  readonly groups: readonly (readonly number[])[];
  /** Names of the groups. */
  readonly names: readonly string[];
}

/** @param levels of the schema: those of words and of crosses become two columns each */
export function layOutColumns(record: RecordSchema, levels: readonly Level[]): ColumnLayout {
  const features: Feature[] = [];
  const groups: number[][] = [];
  const names: string[] = [];
  const open = (name: string): number[] => {
    names.push(name);
    groups.push([]);
    return groups[groups.length - 1];
  };
  const put = (group: number[], feature: Feature): void => {
    group.push(features.length);
    features.push(feature);
  };
  const putStatistics = (group: number[], name: string): void => {
    put(group, { name: `${name}.ctr`, kind: 'numeric', minimum: 0, maximum: 1 });
    put(group, { name: `${name}.count`, kind: 'numeric', minimum: 0 });
  };
  for (const feature of record.features) {
    const group = open(feature.name);
    if (feature.kind !== 'word') {
      put(group, feature);
      continue;
    }
    if (feature.whole === true) put(group, { name: feature.name, kind: 'integer', missing: true });
    putStatistics(group, feature.name);
  }
  for (const { name, features: own } of levels) {
    if (own.length > 1) putStatistics(open(name), name);
  }
  return { schema: { features }, groups, names };
}
