import { access } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { defaultFitOptions, notNested, type CtrTable, type WarehouseCounting } from '@adscale/ctr';
import { columnNames } from '@adscale/datagen';
import { InputError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import { addDerived } from '../inspect/derived.js';
import { suspectSampling, type Finding } from '../inspect/findings.js';
import { draftText, inspectSource } from '../inspect/inspection.js';
import { wishesOf } from '../inspect/target.js';
import { mappingPaths, readMappingFile } from '../mapping/file.js';
import { changeMapping, type MappingChanges, type MappingFlags } from '../mapping/mapping-flags.js';
import {
  besideDefault,
  columnsOf,
  defaultMapping,
  fitsDefault,
  type Mapping,
} from '../mapping/mapping.js';
import { describeDirty, type RowCounts } from '../rows/counts.js';
import { renameColumns } from '../rows/columns.js';
import { tellRestated } from '../rows/restated.js';
import { readTable } from '../rows/table.js';
import { Database } from '../source/database.js';
import type { WarehouseFlags } from '../warehouse/open.js';
import { generateTable, nameGenerated, type GeneratedRows } from '../source/generate.js';
import { openReadings } from '../source/open.js';
import {
  fingerprint,
  layoutOf,
  openSource,
  type Source,
  type SourceFlags,
} from '../source/source.js';

/** A table to learn from, and where it came from. */
export interface LoadedTable {
  readonly table: CtrTable;
  /** In words. */
  readonly source: string;
  /** What its columns mean; none if it was generated. */
  readonly mapping?: Mapping;
  readonly fingerprint?: string;
  readonly counts?: RowCounts;
  /** How each file was read, as a document. */
  readonly files?: readonly object[];
  /** How a warehouse counted its cells, if one did. */
  readonly counting?: WarehouseCounting;
  /** What was left out, in words. */
  readonly notes: readonly string[];
}

/** Generated records of the default model. */
export function loadGenerated(rows: GeneratedRows, reporter: Reporter): LoadedTable {
  const source = nameGenerated(rows);
  const note = leftAlone(source, columnNames(rows.profile));
  if (note !== undefined) reporter.note(note);
  return { table: generateTable(rows), source, notes: note === undefined ? [] : [note] };
}

/** What to read: flags of sources and mappings, and the bins that a click log is grouped by. */
export interface LoadFlags extends SourceFlags, ResolveFlags, WarehouseFlags {
  readonly bins?: number;
}

/**
 * Reads what the flags name, as their mapping says; tells what was left out.
 * @throws InputError if it cannot be read or learned from
 */
export async function loadTable(
  flags: LoadFlags,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<LoadedTable> {
  return Database.use(flags, signal, async (database) => {
    const known = await findMapping(flags, reporter);
    const decimal = flags.decimal ?? known?.decimal;
    const dates = flags.dates ?? known?.dates;
    const told = { ...(decimal && { decimal }), ...(dates && { dates }) };
    const counting = {
      impressions: flags.impressions ?? known?.impressions,
      clicks: flags.clicks ?? known?.clicks,
    };
    const opening = { ...flags, ...told, ...counting };
    let source = await openSource(database, opening);
    const answers = await answerOpen(source, flags, known, signal);
    if (Object.keys(answers).length > 0) {
      source = await openSource(database, { ...opening, ...answers });
    }
    await database.confine(source.files.map(({ stored }) => stored));
    const resolved = await resolveMapping(database, source, flags, known, reporter, signal);
    const maxBins = flags.bins ?? defaultFitOptions.maxBins;
    const mapping = { ...resolved.mapping, ...told, ...answers };
    const read = await reporter.during(
      { name: 'read', unit: 'rows' },
      (stage) => readTable(database, source, { mapping, maxBins, stage }),
      ({ counts }) => counts.rows,
    );
    await askOfSampling(database, source, mapping, signal);
    const { table, counts, restated } = read;
    const notes = [
      ...new Set([
        ...source.notes,
        ...resolved.notes,
        ...(restated ? [tellRestated(restated)] : []),
        ...leftOut(counts),
        ...tellNotNested(table, mapping),
      ]),
    ];
    notes.forEach((note) => reporter.note(note));
    const seen = await fingerprint(database, source, signal);
    const files = source.layouts.map(layoutOf);
    return {
      ...{ table, source: source.name, mapping: read.mapping, fingerprint: seen },
      ...{ counts, files, notes },
    };
  });
}

/** What a declared hierarchy says of words that the rows do not. */
export function tellNotNested({ features }: CtrTable, { hierarchy = [] }: Mapping): string[] {
  return notNested(features, hierarchy).map(({ child, parent, words, of, share }) => {
    const count = (n: number): string => n.toLocaleString('en');
    return `hierarchy: ${count(words)} of ${count(of)} words of ${child} are in more than one ${parent}; ${(100 * share).toFixed(1)} % of the rows count under the one that most of their word's rows have`;
  });
}

/**
 * Asks for what the cells leave open, as far as it matters to the mapping.
 * @throws InputError with both readings, if nobody is there to answer
 */
async function answerOpen(
  source: Source,
  flags: LoadFlags,
  known: Mapping | undefined,
  signal: AbortSignal,
): Promise<Pick<Mapping, 'decimal' | 'dates'>> {
  const wanted = known && columnsOf(known);
  const sql = [...(known?.where ?? []), ...Object.values(known?.derived ?? {}), ...flags.where];
  const used = (column: string): boolean =>
    wanted === undefined ||
    wanted.includes(column) ||
    sql.some((text) => text.toLowerCase().includes(column.toLowerCase()));
  const answers: { decimal?: Mapping['decimal']; dates?: Mapping['dates'] } = {};
  for (const { text, flag, answers: both } of openReadings(source, used)) {
    if (answers[flag] !== undefined) continue;
    const asked = `${source.name}: ${text}`;
    const answer = await ask(`${asked}. Which? [${both.join('/')}] `, signal);
    const chosen = both.find((word) => word === answer?.trim());
    if (chosen === undefined) throw new InputError(`${asked}; say which`);
    Object.assign(answers, { [flag]: chosen });
  }
  return answers;
}

/**
 * Asks whether the impressions without a click were sampled, where too many were clicked.
 * @throws InputError naming the flag, if nobody is there to answer
 */
export async function askOfSampling(
  database: Database,
  source: Source,
  { label, negative_sampling_rate: rate }: Mapping,
  signal: AbortSignal,
): Promise<void> {
  if (label === undefined) return;
  const suspicion = await suspectSampling(database, rate);
  if (suspicion === undefined) return;
  const answer = await ask(`${source.name}: ${suspicion}. Are all there? [y/N] `, signal);
  if (!isYes(answer)) throw new InputError(`${source.name}: ${suspicion}`);
}

export function leftOut(counts: RowCounts): string[] {
  const { left_out: byConditions, dirty } = counts;
  const notes: string[] = [];
  if (byConditions > 0) {
    notes.push(
      `left out by conditions (where, mature days): ${byConditions.toLocaleString('en')} rows`,
    );
  }
  if (dirty > 0) {
    notes.push(`dropped ${dirty.toLocaleString('en')} rows: ${describeDirty(counts)}`);
  }
  return notes;
}

export interface ResolveFlags extends MappingFlags, MappingChanges {
  /** Where the data is, as named by the user: a mapping file may lie beside it. */
  readonly input?: readonly string[];
  /** A mapping file. */
  readonly mapping?: string;
  /** Take a guessed mapping without asking. */
  readonly yes?: boolean;
}

/** A mapping file that the flags name, or that lies beside the data unless flags name columns. */
export async function findMapping(
  flags: ResolveFlags,
  reporter: Reporter,
): Promise<Mapping | undefined> {
  if (flags.mapping !== undefined) return readMappingFile(flags.mapping);
  const { input = [], impressions, clicks, label, feature, forceFeature } = flags;
  const named = impressions ?? clicks ?? label ?? feature[0] ?? forceFeature[0];
  if (named !== undefined) return undefined;
  const beside = await findBeside(input);
  if (beside === undefined) return undefined;
  reporter.note(`mapping: ${beside}`);
  return readMappingFile(beside);
}

/** A mapping, and what its finding had to say. */
interface Resolved {
  readonly mapping: Mapping;
  readonly notes: readonly string[];
}

/**
 * Decides what the columns of a source mean, in this order: a mapping file; flags that name columns,
 * the rest guessed; the default model's own column names; a guess. A guess is shown, and taken only
 * if the user agrees.
 * @param known the mapping file
 * @throws InputError if nobody is there to agree, or does not
 */
export async function resolveMapping(
  database: Database,
  source: Source,
  flags: ResolveFlags,
  known: Mapping | undefined,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<Resolved> {
  const { input = [], impressions, clicks, label, feature: features } = flags;
  const names = source.columns.map(({ name }) => name);
  const wishes = wishesOf(flags);
  const named = impressions ?? clicks ?? label ?? features[0] ?? flags.forceFeature[0];
  const plain = named === undefined && fitsDefault(names) ? defaultMapping(names) : undefined;
  const written = known ?? plain;
  if (written !== undefined) {
    const { derive, ...changes } = flags;
    const changed = changeMapping(renameColumns(written, names), { ...changes, derive: {} });
    const resolved = await addDerived(database, source, changed, derive, features);
    return known === undefined ? withNote(resolved, leftAlone(source.name, names)) : resolved;
  }
  const { draft, findings } = await inspectSource(database, source, wishes, reporter);
  reporter.note(draftText(draft, source.name));
  const counted = label !== undefined || (impressions !== undefined && clicks !== undefined);
  const isGuess = !counted || features.length === 0;
  const told = findings.filter(({ kind }) => WORTH_A_NOTE.has(kind)).map(({ text }) => text);
  if (isGuess && flags.yes !== true) {
    told.forEach((text) => reporter.note(text));
    await confirm(input, signal);
  }
  return { mapping: draft.mapping, notes: told };
}

function withNote({ mapping, notes }: Resolved, note: string | undefined): Resolved {
  return { mapping, notes: note === undefined ? notes : [...notes, note] };
}

/** What a table of the default model has beside its columns, if anything. */
function leftAlone(name: string, columns: readonly string[]): string | undefined {
  const others = besideDefault(columns);
  if (others.length === 0) return undefined;
  const told = others.slice(0, MOST_NAMED).join(', ');
  const more = others.length > MOST_NAMED ? ` and ${others.length - MOST_NAMED} more` : '';
  return `${name} has the columns of the default model; left alone: ${told}${more}. "adscale inspect" of a file drafts a mapping with them`;
}

/** Columns that a note names. */
const MOST_NAMED = 8;

/** What a model's report says of the data, too. */
const WORTH_A_NOTE: ReadonlySet<Finding['kind']> = new Set([
  ...(['leak', 'outcome', 'dominant', 'target', 'label', 'duplicates', 'offer'] as const),
]);

async function findBeside(input: readonly string[]): Promise<string | undefined> {
  for (const path of mappingPaths(input)) {
    const isThere = await access(path).then(
      () => true,
      () => false,
    );
    if (isThere) return path;
  }
  return undefined;
}

async function confirm(input: readonly string[], signal: AbortSignal): Promise<void> {
  const advice = `write it to a file by "adscale inspect ${input.join(' ')}", look it through and train again, or take it by --yes`;
  const answer = await ask('Train with this mapping? [y/N] ', signal);
  if (answer === undefined) throw new InputError(`the mapping above is a guess: ${advice}`);
  if (!isYes(answer)) throw new InputError(`not trained: ${advice}`);
}

const isYes = (answer: string | undefined): boolean => /^y(es)?$/i.test(answer?.trim() ?? '');

/** Asks whoever sits at the terminal; undefined if nobody does. */
async function ask(question: string, signal: AbortSignal): Promise<string | undefined> {
  if (process.stdin.isTTY !== true || process.stderr.isTTY !== true) return undefined;
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  // While it asks, it reads the keys itself, Ctrl-C too.
  asking.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    return await asking.question(question, { signal });
  } finally {
    asking.close();
  }
}
