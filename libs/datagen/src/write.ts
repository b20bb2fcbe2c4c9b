/** Writes records as text while drawing them: memory stays the same however many there are. */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import { columnNames } from './generate.js';
import {
  resolveOptions,
  sampler,
  type GenerateOptions,
  type ResolvedOptions,
  type SampledRow,
} from './sample.js';

/** Characters handed to the writable at a time: enough that a write's overhead is not felt. */
export const CHUNK = 64 * 1024;

/** Records skipped between two turns of the event loop: about as many as a chunk holds. */
const SKIPPED_A_TURN = 1024;

/**
 * Writes `generate(options)` as CSV: a header line, then one line a record, each ended by "\n".
 * Numbers read back exactly; a missing value is an empty field; no field needs quotes.
 * Waits whenever the writable asks to, lets the program do other things between two chunks of some
 * thousand records, and ends the writable.
 *
 * @param writable takes UTF-8 text; any number of rows passes in constant memory
 * @param signal stops the writing and destroys the writable
 * @throws DatagenError `OPTION_INVALID`, before anything is written; rejects with the writable's
 * own error when it fails or closes early, and with an `AbortError` once the signal is aborted
 */
export async function writeCsv(
  options: GenerateOptions,
  writable: Writable,
  signal?: AbortSignal,
): Promise<void> {
  const resolved = resolveOptions(options);
  const header = `${columnNames(resolved.profile, resolved.from !== undefined).join(',')}\n`;
  await writeLines(resolved, { header, line: csvLine }, writable, signal);
}

/**
 * Writes `generate(options)` as newline-delimited JSON: one object a record, keys in column
 * order, a missing value null. Otherwise as `writeCsv`.
 *
 * @throws as `writeCsv`
 */
export async function writeNdjson(
  options: GenerateOptions,
  writable: Writable,
  signal?: AbortSignal,
): Promise<void> {
  const resolved = resolveOptions(options);
  const extraKeys = columnNames(resolved.profile, resolved.from !== undefined)
    .slice(7)
    .map((name) => `,"${name}":`);
  const line = (row: SampledRow): string => jsonLine(row, extraKeys);
  await writeLines(resolved, { header: '', line }, writable, signal);
}

/** The text before the records, and the text of each. */
interface TextFormat {
  readonly header: string;
  readonly line: (row: SampledRow) => string;
}

/** Writes the text of each record. At most two chunks wait for the writable, and it holds two. */
export async function writeLines(
  options: ResolvedOptions,
  format: TextFormat,
  writable: Writable,
  signal?: AbortSignal,
): Promise<void> {
  const source = Readable.from(chunks(options, format), { highWaterMark: 1 });
  await pipeline(source, writable, { signal });
}

/** The text in chunks, with a turn of the event loop after each: signals arrive there. */
async function* chunks(
  options: ResolvedOptions,
  { header, line }: TextFormat,
): AsyncGenerator<string> {
  const next = sampler(options);
  for (let i = 0; i < options.skip; i++) {
    next();
    if (i % SKIPPED_A_TURN === SKIPPED_A_TURN - 1) await setImmediate();
  }
  let chunk = header;
  for (let i = 0; i < options.rows; i++) {
    chunk += line(next());
    if (chunk.length >= CHUNK) {
      yield chunk;
      chunk = '';
      await setImmediate();
    }
  }
  if (chunk !== '') yield chunk;
}

function csvLine(row: SampledRow): string {
  let line = `${row.impressions},${row.adPosition},${row.deviceType},${row.budget},${row.clicks},${row.ctr},${row.trueCtr}`;
  for (const value of row.extras) line += Number.isNaN(value) ? ',' : `,${value}`;
  return `${line}\n`;
}

function jsonLine(row: SampledRow, extraKeys: readonly string[]): string {
  let line = `{"impressions":${row.impressions},"ad_position":${row.adPosition},"device_type":"${row.deviceType}","budget":${row.budget},"clicks":${row.clicks},"ctr":${row.ctr},"true_ctr":${row.trueCtr}`;
  // JSON has no NaN: stringify writes null for it.
  for (let e = 0; e < extraKeys.length; e++) {
    line += extraKeys[e]! + (row.extras[e] === '' ? 'null' : JSON.stringify(row.extras[e]));
  }
  return `${line}}\n`;
}
