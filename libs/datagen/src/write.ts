/** Writes records as text while drawing them: memory stays the same however many there are. */
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { columnNames } from './generate.js';
import { resolveOptions, type GenerateOptions } from './options.js';
import { sampler, type SampledRow } from './sample.js';

/** Characters handed to the writable at a time: enough that a write's overhead is not felt. */
const CHUNK = 64 * 1024;

/**
 * Writes `generate(options)` as CSV: a header line, then one line a record, each ended by "\n".
 * Numbers read back exactly; a missing value is an empty field; no field needs quotes.
 * Waits whenever the writable asks to, and ends it.
 *
 * @param writable takes UTF-8 text; any number of rows passes in constant memory
 * @throws DatagenError `OPTION_INVALID`, before anything is written; rejects with the writable's
 * own error when it fails or closes early
 */
export async function writeCsv(options: GenerateOptions, writable: Writable): Promise<void> {
  const resolved = resolveOptions(options);
  const header = `${columnNames(resolved.profile).join(',')}\n`;
  await write(resolved, writable, header, csvLine);
}

/**
 * Writes `generate(options)` as newline-delimited JSON: one object a record, keys in column
 * order, a missing value null. Otherwise like `writeCsv`.
 *
 * @throws DatagenError `OPTION_INVALID`, before anything is written; rejects with the writable's
 * own error when it fails or closes early
 */
export async function writeNdjson(options: GenerateOptions, writable: Writable): Promise<void> {
  const resolved = resolveOptions(options);
  const extraKeys = columnNames(resolved.profile)
    .slice(7)
    .map((name) => `,"${name}":`);
  await write(resolved, writable, '', (row) => jsonLine(row, extraKeys));
}

async function write(
  options: Required<GenerateOptions>,
  writable: Writable,
  header: string,
  line: (row: SampledRow) => string,
): Promise<void> {
  // Two chunks ahead: one being written, one ready.
  const source = Readable.from(chunks(options, header, line), { highWaterMark: 2 });
  await pipeline(source, writable);
}

function* chunks(
  options: Required<GenerateOptions>,
  header: string,
  line: (row: SampledRow) => string,
): Generator<string> {
  const next = sampler(options);
  let chunk = header;
  for (let i = 0; i < options.rows; i++) {
    chunk += line(next());
    if (chunk.length >= CHUNK) {
      yield chunk;
      chunk = '';
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
