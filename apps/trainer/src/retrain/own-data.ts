/* The data that the current model was trained on, read again as its card says. */
import {
  defaultFitOptions,
  type CtrTable,
  type ModelCard,
  type TrainingRecipe,
  type WarehouseRecipe,
} from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Reporter } from '../cli/reporter.js';
import type { Mapping } from '../mapping/mapping.js';
import { trainingFiles } from '../models/held-out.js';
import { renameColumns } from '../rows/columns.js';
import { tellRestated } from '../rows/restated.js';
import { readTable } from '../rows/table.js';
import { Database, type DatabaseOptions } from '../source/database.js';
import { generatedNamed, generateTable } from '../source/generate.js';
import { openSource, type Source } from '../source/source.js';
import { nameOf, useWarehouse, warehouseData } from '../warehouse/open.js';
import { readWarehouse } from '../warehouse/read.js';

/** A model's own rows, and how it was made of them. */
export interface OwnData {
  readonly table: CtrTable;
  /** In words. */
  readonly source: string;
  readonly mapping?: Mapping;
  /** Without outcomes: what the first model of the chain was trained by. */
  readonly recipe: TrainingRecipe;
  readonly notes: readonly string[];
}

/** A stored model, as far as training again needs it. */
export interface KnownCard {
  readonly version: string;
  readonly card: ModelCard;
}

/** Where its data is now, if it has moved, and what to read it with. */
export interface OwnDataOptions extends DatabaseOptions {
  /** Files instead of those that the card names. */
  readonly data?: readonly string[];
  /** A warehouse instead of that of the card, with a table or a query of it. */
  readonly source?: string;
  readonly table?: string;
  readonly query?: string;
}

/**
 * Reads what the card names, as it is now: files may have grown.
 * @throws InputError if it cannot be read, or was a sample of the impressions without a click
 */
export async function readOwnData(
  known: KnownCard,
  options: OwnDataOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<OwnData> {
  const recipe = movedTo(await recipeIn(known, options.data), options);
  const generated = recipe.generated === undefined ? undefined : generatedNamed(recipe.generated);
  if (generated !== undefined) {
    return { table: generateTable(generated), source: recipe.generated!, recipe, notes: [] };
  }
  const mapping = known.card.mapping as Mapping | undefined;
  if (mapping === undefined) {
    throw new InputError(
      `${known.version}: its card does not tell what the columns mean; ${ADVICE}`,
    );
  }
  if ((mapping.negative_sampling_rate ?? 1) !== 1) {
    throw new InputError(
      `${known.version}: was trained on ${mapping.negative_sampling_rate} of the impressions without a click, wanted all: outcomes hold all; ${ADVICE}`,
    );
  }
  if (recipe.warehouse !== undefined) {
    return countAgain(known, recipe, recipe.warehouse, mapping, options, reporter, signal);
  }
  return readFiles(known, recipe, mapping, options, reporter, signal);
}

/**
 * The recipe with its data where the flags say.
 * @throws InputError if they name files for rows of a warehouse, or a part of one without its URL
 */
function movedTo(
  recipe: TrainingRecipe,
  { data, source, table, query }: OwnDataOptions,
): TrainingRecipe {
  const { warehouse: before, ...rest } = recipe;
  if (source === undefined) {
    if (table !== undefined || query !== undefined) {
      throw new InputError(`--${table ? 'table' : 'query'}: wanted --source beside it`);
    }
    return data === undefined ? recipe : rest;
  }
  const named = table === undefined && query === undefined ? before : { table, query };
  const moved = warehouseData(source, { input: data, table: named?.table, query: named?.query });
  const most = before?.max_cells;
  return { ...rest, warehouse: { ...moved, ...(most !== undefined && { max_cells: most }) } };
}

const ADVICE = 'train it once more by "adscale train"';

/** What the card tells of how to train again; of earlier trainers, what follows from the rest of it. */
async function recipeIn(
  known: KnownCard,
  data: readonly string[] | undefined,
): Promise<TrainingRecipe> {
  const { recipe, source, parameters, choice, split } = known.card;
  if (recipe !== undefined) {
    const { outcomes: _, ...rest } = recipe;
    if (recipe.version !== 1) {
      throw new InputError(
        `${known.version}: its card has a recipe of form ${recipe.version}, wanted 1: a newer trainer made it`,
      );
    }
    return data === undefined ? rest : { ...rest, input: data };
  }
  const isGenerated = generatedNamed(source ?? '') !== undefined;
  const { trees, seed, maxDepth, maxBins, minLeafRows } = parameters ?? defaultFitOptions;
  const input = data ?? (isGenerated ? [] : await trainingFiles(known));
  return {
    ...{ version: 1, input, fit: { trees, seed, maxDepth, maxBins, minLeafRows } },
    ...(isGenerated && { generated: source }),
    model: choice === undefined ? 'forest' : 'auto',
    held_out_share: split?.share ?? 0.2,
  };
}

/** The rows of a warehouse, counted anew. */
async function countAgain(
  { version }: KnownCard,
  recipe: TrainingRecipe,
  { max_cells: maxCells, ...data }: WarehouseRecipe,
  mapping: Mapping,
  options: OwnDataOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<OwnData> {
  const maxBins = recipe.fit.maxBins ?? defaultFitOptions.maxBins;
  try {
    return await useWarehouse(data.url, options, signal, (warehouse) =>
      Database.use(options, signal, async (database) => {
        const read = await reporter.during(
          { name: 'count', unit: 'rows' },
          () => readWarehouse(database, warehouse, { data, mapping, maxBins, maxCells }),
          ({ counts }) => counts.rows,
        );
        const { table, counts } = read;
        const dropped = counts.rows - counts.usable;
        const left = `left out: ${dropped.toLocaleString('en')} rows, as in training`;
        const notes = [...read.notes, ...(dropped > 0 ? [left] : [])];
        return { table, source: nameOf(data), mapping: read.mapping, recipe, notes };
      }),
    );
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(
      `the data that ${version} was trained on cannot be counted again: ${cause.message}; name it by --source and --table`,
      { cause },
    );
  }
}

async function readFiles(
  { version }: KnownCard,
  recipe: TrainingRecipe,
  trained: Mapping,
  options: OwnDataOptions,
  reporter: Reporter,
  signal: AbortSignal,
): Promise<OwnData> {
  return Database.use(options, signal, async (database) => {
    const source = await openAgain(database, version, recipe, trained);
    await database.confine(source.files.map(({ stored }) => stored));
    const names = source.columns.map(({ name }) => name);
    const mapping = renameColumns(trained, names);
    const maxBins = recipe.fit.maxBins ?? defaultFitOptions.maxBins;
    const { table, counts, restated } = await reporter.during(
      { name: 'read', unit: 'rows' },
      (stage) => readTable(database, source, { mapping, maxBins, stage }),
      (read) => read.counts.rows,
    );
    const dropped = counts.rows - counts.usable;
    const notes = [
      ...source.notes,
      ...(restated ? [tellRestated(restated)] : []),
      ...(dropped > 0 ? [`left out: ${dropped.toLocaleString('en')} rows, as in training`] : []),
    ];
    return { table, source: source.name, mapping, recipe, notes };
  });
}

/** @throws InputError saying how to name the data, if it cannot be read */
async function openAgain(
  database: Database,
  version: string,
  { input, query, encoding, table, sheet }: TrainingRecipe,
  { decimal, dates, impressions, clicks }: Mapping,
): Promise<Source> {
  const told = { decimal, dates, impressions, clicks };
  if (input.includes('-')) {
    throw new InputError(
      `${version} was trained on what came through a pipe: name its data by --data`,
    );
  }
  try {
    const flags = { input, query, encoding, table, sheet, ...told, threads: 1 };
    return await openSource(database, flags);
  } catch (cause) {
    if (!(cause instanceof InputError)) throw cause;
    throw new InputError(
      `the data that ${version} was trained on cannot be read again: ${cause.message}; run it where the data lies, or name it by --data`,
      { cause },
    );
  }
}
