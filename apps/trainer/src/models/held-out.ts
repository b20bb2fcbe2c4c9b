/*
 * The rows that a comparison is made on.
 *
 *   --data given          those rows; of the candidate's own data only those it did not see
 *   else                  the candidate's held-out rows, made again from its source, split and
 *                         seed; the data must be what it was, by its fingerprint
 *
 * The current model may have seen such rows, which favours it: it can only make a promotion less
 * likely. That is said.
 */
import { access } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  exposures,
  split,
  takeTable,
  type CtrModel,
  type CtrTable,
  type ModelCard,
} from '@adscale/ctr';
import { InputError } from '../cli/exit.js';
import type { Mapping } from '../mapping/mapping.js';
import { readTable } from '../rows/table.js';
import { openForModel } from '../score/stored-model.js';
import { Database, type DatabaseOptions } from '../source/database.js';
import { generatedNamed, generateTable } from '../source/generate.js';
import { fingerprint, openSource, type Source } from '../source/source.js';
import { groupPairs, predictBoth, predictPairs } from './predicted-rows.js';

/** Rows with the predictions of two models, and where they came from. */
export interface JudgingRows {
  /** In words. */
  readonly source: string;
  /** Its two features are the predictions, the candidate's first. */
  readonly table: CtrTable;
  /** Resample groups rather than rows. */
  readonly byGroup: boolean;
  /** Why the comparison is less than fair, in words. */
  readonly notes: readonly string[];
}

/** What to compare, and by what. */
export interface JudgingRequest extends DatabaseOptions {
  readonly candidate: CtrModel;
  readonly current: CtrModel;
  /** Files to compare on; absent: the candidate's held-out rows. */
  readonly data?: readonly string[];
  /** Share of the impressions without a click that these files hold, where they are a click log. */
  readonly negativeSamplingRate?: number;
}

const ELSEWHERE = 'name rows to compare on by --data';

/** @throws InputError if there are no such rows any more, saying why */
export async function judgingRows(
  request: JudgingRequest,
  signal: AbortSignal,
): Promise<JudgingRows> {
  const { candidate, current, data } = request;
  const { card } = candidate;
  const generated = generatedNamed(card?.source ?? '');
  if (data === undefined && generated !== undefined) {
    return judge(heldOutOf(card!, generateTable(generated)), request);
  }
  const input = data ?? (await trainingFiles(candidate));
  return Database.use(request, signal, async (database) => {
    const source = await openAgain(database, input, candidate, data === undefined);
    await database.confine(source.files.map(({ stored }) => stored));
    const seen = await fingerprint(database, source, signal);
    const isOwn = seen === card?.data_fingerprint;
    if (data === undefined && !isOwn) {
      throw new InputError(
        `${source.name}: is not the data any more that ${candidate.version} was trained on; ${ELSEWHERE}`,
      );
    }
    const { label, negative_sampling_rate: rate } = (card?.mapping ?? {}) as Partial<Mapping>;
    const isLog = label !== undefined;
    if (isOwn && isLog) return judgeOwnLog(database, source, request);
    const wanted = isOwn ? rate : (request.negativeSamplingRate ?? rateOf(candidate, current));
    const pairs = await predictPairs(database, source, candidate, current, wanted);
    if (isOwn) return finishHeldOut(heldOutOf(card, pairs), request, source.name);
    const notes =
      seen === current.card?.data_fingerprint
        ? [`${current.version} was trained on this very data, which favours it`]
        : [];
    return finish(isLog ? groupPairs(pairs, wanted) : pairs, request, {
      source: source.name,
      notes,
    });
  });
}

/**
 * The share of the impressions without a click that both models were trained on.
 * @throws InputError if it differs: what the data holds, somebody must say
 */
function rateOf(candidate: CtrModel, current: CtrModel): number | undefined {
  const [one, other] = [candidate, current].map(
    ({ card }) => (card?.mapping as Mapping | undefined)?.negative_sampling_rate ?? 1,
  );
  if (one === other) return one === 1 ? undefined : one;
  throw new InputError(
    `${candidate.version} was trained on ${one} of the impressions without a click, ${current.version} on ${other}: say which share the data holds by --negative-sampling-rate`,
  );
}

/** Files as the card names them: separated by commas, which may also be in the name of a file. */
export async function trainingFiles({
  card,
  version,
}: Pick<CtrModel, 'card' | 'version'>): Promise<string[]> {
  if (card?.source === undefined || card.split === undefined) {
    throw new InputError(`${version}: its card tells of no held-out rows; ${ELSEWHERE}`);
  }
  if (card.recipe?.warehouse !== undefined) {
    throw new InputError(
      `${version}: its rows were counted in ${card.recipe.warehouse.url} and are not at hand; ${ELSEWHERE}`,
    );
  }
  const files: string[] = [];
  let parts = card.source.split(', ');
  while (parts.length > 0) {
    const length = await longestName(parts);
    files.push(parts.slice(0, length).join(', '));
    parts = parts.slice(length);
  }
  return files;
}

/** How many of the parts, from the first on, make the longest name of a file; 1 if none does. */
async function longestName(parts: readonly string[]): Promise<number> {
  for (let length = parts.length; length > 1; length--) {
    const isThere = await access(parts.slice(0, length).join(', ')).then(
      () => true,
      () => false,
    );
    if (isThere) return length;
  }
  return 1;
}

async function openAgain(
  database: Database,
  input: readonly string[],
  candidate: CtrModel,
  isFromCard: boolean,
): Promise<Source> {
  try {
    if (!isFromCard) return await openForModel(database, { input, threads: 1 }, candidate);
    const { decimal, dates } = (candidate.card?.mapping ?? {}) as Partial<Mapping>;
    const told = { ...(decimal && { decimal }), ...(dates && { dates }) };
    return await openSource(database, { input, threads: 1, ...told });
  } catch (cause) {
    if (!isFromCard || !(cause instanceof InputError)) throw cause;
    throw new InputError(`its data cannot be read again: ${cause.message}; ${ELSEWHERE}`, {
      cause,
    });
  }
}

/** @throws InputError if they are not the rows that the candidate was judged by */
function heldOutOf({ split: by, seed, held_out: judged }: ModelCard, table: CtrTable): CtrTable {
  const { heldOut } = split(table, { by: by.by, share: by.share, seed });
  const sum = (values: Float64Array): number => values.reduce((total, x) => total + x, 0);
  const isSame =
    sum(exposures(heldOut)) === judged.impressions && sum(heldOut.clicks) === judged.clicks;
  if (isSame) return heldOut;
  throw new InputError(`the held-out rows do not come out as they were; ${ELSEWHERE}`);
}

/** All that decides which cells a click log has. Features by name and place: cells are in that order. */
function cellsOf({ card, forest }: CtrModel): unknown {
  const { features = {}, ...rest } = (card?.mapping ?? {}) as Partial<Mapping>;
  return [card?.data_fingerprint, rest, Object.entries(features), forest.parameters.maxBins];
}

/**
 * Held-out impressions of a click log are drawn from cells, which are the candidate's own: the
 * current model can be asked about them only if it was trained on the same ones.
 */
async function judgeOwnLog(
  database: Database,
  source: Source,
  request: JudgingRequest,
): Promise<JudgingRows> {
  const { candidate, current } = request;
  const { card } = candidate;
  if (!isDeepStrictEqual(cellsOf(candidate), cellsOf(current))) {
    throw new InputError(
      `${current.version} was not trained on the same cells of this click log, so that the held-out impressions of ${candidate.version} tell nothing of it; ${ELSEWHERE}`,
    );
  }
  const { table } = await readTable(database, source, {
    mapping: card!.mapping as Mapping,
    maxBins: candidate.forest.parameters.maxBins,
    judgeOnly: true,
  });
  return judge(heldOutOf(card!, table), request);
}

function judge(heldOut: CtrTable, request: JudgingRequest): JudgingRows {
  const { candidate, current } = request;
  const pairs = predictBoth(heldOut, candidate, current);
  if (pairs !== undefined) {
    return finishHeldOut(pairs, request, candidate.card!.source);
  }
  throw new InputError(
    `the data of ${candidate.version} lacks features of ${current.version}; ${ELSEWHERE}`,
  );
}

function finishHeldOut(pairs: CtrTable, request: JudgingRequest, data: string): JudgingRows {
  const { candidate, current } = request;
  const notes = seenBefore(candidate, current);
  return finish(pairs, request, { source: `held-out rows of ${data}`, notes });
}

/** Rows that both predict. */
function finish(
  table: CtrTable,
  { candidate, current }: JudgingRequest,
  { source, notes }: Pick<JudgingRows, 'source' | 'notes'>,
): JudgingRows {
  const [first, second] = table.features.values;
  const rows: number[] = [];
  for (let row = 0; row < first.length; row++) {
    if (!Number.isNaN(first[row]) && !Number.isNaN(second[row])) rows.push(row);
  }
  if (rows.length === 0) {
    throw new InputError(
      `${source}: there is no row that both ${candidate.version} and ${current.version} take`,
    );
  }
  const left = first.length - rows.length;
  return {
    source,
    table: left === 0 ? table : takeTable(table, rows),
    byGroup: candidate.card?.split?.by === 'group',
    notes: [
      ...(left === 0 ? [] : [`${left} rows are left out: ${current.version} does not take them`]),
      ...notes,
    ],
  };
}

/** Whether the current model was trained on some of a candidate's held-out rows, by the cards. */
function seenBefore(candidate: CtrModel, current: CtrModel): string[] {
  // The latest rows are the latest whatever the seed.
  const seedOf = ({ card }: CtrModel) => (card?.split?.by === 'time' ? null : card?.seed);
  const drawn = (model: CtrModel) => [
    model.card?.data_fingerprint,
    model.card?.split,
    seedOf(model),
  ];
  if (isDeepStrictEqual(drawn(candidate), drawn(current))) return [];
  return [`${current.version} may have been trained on some of them, which favours it`];
}
