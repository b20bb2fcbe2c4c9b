import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Reporter, type Stage, type StageWork } from '../src/cli/reporter.js';
import type { Finding } from '../src/inspect/findings.js';
import { inspectSource, type Inspection } from '../src/inspect/inspection.js';
import type { Wishes } from '../src/inspect/target.js';
import type { Mapping } from '../src/mapping/mapping.js';
import { readTable, type ReadTable } from '../src/rows/table.js';
import { Database } from '../src/source/database.js';
import { openSource, type SourceFlags } from '../src/source/source.js';

const never = new AbortController().signal;

/** Runs `work` on a database that goes afterwards. */
export function withDatabase<T>(work: (database: Database) => Promise<T>): Promise<T> {
  return Database.use({ threads: 2, memoryLimit: '300MB' }, never, work);
}

/** Reads files, or a query, as a mapping says. */
export function read(
  flags: Partial<SourceFlags>,
  mapping: Mapping,
  maxBins = 64,
): Promise<ReadTable> {
  return withDatabase(async (database) => {
    const source = await openSource(database, { threads: 2, ...flags });
    return readTable(database, source, { mapping, maxBins });
  });
}

/** A folder for the files of one test at a time. */
export function testFolder(): (name: string) => string {
  let folder = '';
  beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'trainer-'))));
  afterEach(() => rm(folder, { recursive: true }));
  return (name) => join(folder, name);
}

/** A small table, and what its columns mean. */
export const adsCsv =
  'shown,clicks,position,device\n1000,10,1.5,mobile\n200,2,2,desktop\n30,0,3,mobile\n';
export const adsMapping: Mapping = {
  impressions: 'shown',
  clicks: 'clicks',
  features: {
    position: { column: 'position', kind: 'numeric' },
    device: { column: 'device', kind: 'categorical', categories: ['mobile', 'desktop'] },
  },
};

/** The columns of what was read, by name. */
export async function readColumns(
  flags: Partial<SourceFlags>,
  mapping = adsMapping,
): Promise<Record<string, number[]>> {
  const { table } = await read(flags, mapping);
  const { features, impressions, clicks } = table;
  const named = features.schema.features.map(({ name }, f) => [name, [...features.values[f]]]);
  return { ...Object.fromEntries(named), shown: [...impressions], clicks: [...clicks] };
}

/** Inspects files; progress is not told. */
export function inspect(
  flags: Partial<SourceFlags>,
  wishes: Partial<Wishes> = {},
): Promise<Inspection> {
  return withDatabase(async (database) => {
    const source = await openSource(database, { threads: 2, ...flags });
    return inspectSource(database, source, { features: [], forced: [], ...wishes }, quiet);
  });
}

/** Findings of one kind, in words. */
export const told = ({ findings }: Inspection, kind: Finding['kind']): string[] =>
  findings.filter((finding) => finding.kind === kind).map(({ text }) => text);

class QuietReporter extends Reporter {
  override async during<T>(_: StageWork, run: (stage: Stage) => Promise<T>): Promise<T> {
    return run({ update: () => {}, finish: () => {}, abandon: () => {} });
  }
}

const quiet = new QuietReporter();
