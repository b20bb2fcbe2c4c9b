import { createReadStream } from 'node:fs';
import { checkTable, type CtrTable } from '@adscale/ctr';
import { RowEncoder, type Feature, type Schema } from '@adscale/forest';
import { parse } from 'csv-parse';
import { InputError } from './exit.js';

/** So many mistakes are listed; one is too few to mend a file by, all are too many to read. */
const LISTED_MISTAKES = 10;

/** A column that grows as rows come. */
class Growing {
  private values = new Float64Array(1024);
  private length = 0;

  push(value: number): void {
    if (this.length === this.values.length) {
      const larger = new Float64Array(2 * this.length);
      larger.set(this.values);
      this.values = larger;
    }
    this.values[this.length++] = value;
  }

  finish(): Float64Array {
    return this.values.slice(0, this.length);
  }
}

/** How a cell of the file becomes a number, and what it must be. */
interface ColumnReader {
  readonly name: string;
  readonly read: (text: string) => number;
  readonly wanted: string;
}

interface CsvRow {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/**
 * Reads placements from a CSV file whose header names the schema's features, `clicks` and, if
 * the truth is known, `true_ctr`. Other columns are left alone.
 * @param onRows called now and then with the number of rows read
 * @throws InputError listing line, column, what was got and what was wanted
 */
export async function readCsv(
  path: string,
  schema: Schema,
  onRows: (rows: number) => void = () => {},
): Promise<CtrTable> {
  const encoder = new RowEncoder(schema);
  const readers: ColumnReader[] = schema.features.map((feature, f) => ({
    name: feature.name,
    read: (text) => readValue(feature, text, encoder, f),
    wanted: wantedOf(feature),
  }));
  readers.push({ name: 'clicks', read: readNumber, wanted: 'a whole number ≥ 0' });
  const truth = { name: 'true_ctr', read: readNumber, wanted: 'a probability' };
  let columns: Growing[] = [];
  const mistakes: string[] = [];
  let rows = 0;
  for await (const { record, info } of parseFile(path)) {
    if (rows === 0) {
      checkHeader(Object.keys(record), readers, path);
      if ('true_ctr' in record) readers.push(truth);
      columns = readers.map(() => new Growing());
    }
    readRow(record, info.lines, readers, columns, mistakes);
    rows++;
    if (rows % 100_000 === 0) onRows(rows);
  }
  if (rows === 0) throw new InputError(`${path}: there are no rows below the header`);
  if (mistakes.length > 0) throw new InputError(listMistakes(path, mistakes));
  return assemble(schema, readers, columns, rows);
}

async function* parseFile(path: string): AsyncGenerator<CsvRow> {
  const parser = parse({
    columns: headerOf,
    bom: true,
    info: true,
    skip_empty_lines: true,
    trim: true,
  });
  const source = createReadStream(path);
  source.on('error', (error) => parser.destroy(error));
  try {
    yield* source.pipe(parser) as AsyncIterable<CsvRow>;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new InputError(`${path}: there is no such file`, { cause });
    if (code?.startsWith('CSV_')) throw new InputError(`${path}: ${message}`, { cause });
    throw cause;
  }
}

function headerOf(names: string[]): string[] {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new InputError(`line 1: column ${twice} is named twice`);
  return names;
}

function checkHeader(
  names: readonly string[],
  readers: readonly ColumnReader[],
  path: string,
): void {
  const absent = readers.map(({ name }) => name).filter((name) => !names.includes(name));
  if (absent.length === 0) return;
  throw new InputError(
    `${path}: line 1: column ${absent.join(', ')} is missing; got ${names.join(', ')}`,
  );
}

function readRow(
  record: Record<string, string>,
  line: number,
  readers: readonly ColumnReader[],
  columns: readonly Growing[],
  mistakes: string[],
): void {
  let impressions = NaN;
  readers.forEach(({ name, read, wanted }, i) => {
    const text = record[name] ?? '';
    const value = read(text);
    if (name === 'impressions') impressions = value;
    if (Number.isNaN(value)) {
      mistakes.push(`line ${line}, column ${name}: got "${text}", wanted ${wanted}`);
    } else if (
      name === 'clicks' &&
      (value > impressions || value < 0 || !Number.isInteger(value))
    ) {
      const most = `a whole number from 0 to the line's impressions, ${impressions}`;
      mistakes.push(`line ${line}, column clicks: got "${text}", wanted ${most}`);
    }
    columns[i].push(value);
  });
  if (mistakes.length > 100 * LISTED_MISTAKES)
    throw new InputError(listMistakes('the file', mistakes));
}

/** The number a cell stands for, NaN if it breaks the feature's rules. */
function readValue(feature: Feature, text: string, encoder: RowEncoder, f: number): number {
  if (feature.kind === 'categorical') return encoder.encodeValue(f, text);
  const value = readNumber(text);
  if (feature.kind === 'integer' && !Number.isInteger(value)) return NaN;
  if (value < (feature.minimum ?? -Infinity) || value > (feature.maximum ?? Infinity)) return NaN;
  if (feature.kind === 'numeric' && value <= (feature.exclusiveMinimum ?? -Infinity)) return NaN;
  return value;
}

/** Decimal notation only: what `Number` would make of "", "0x10" or "Infinity" is no CSV number. */
function readNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : NaN;
}

function wantedOf(feature: Feature): string {
  if (feature.kind === 'categorical') return `one of ${feature.categories.join(', ')}`;
  const bounds = [];
  if (feature.minimum !== undefined) bounds.push(`≥ ${feature.minimum}`);
  if (feature.kind === 'numeric' && feature.exclusiveMinimum !== undefined) {
    bounds.push(`> ${feature.exclusiveMinimum}`);
  }
  if (feature.maximum !== undefined) bounds.push(`≤ ${feature.maximum}`);
  return `a${feature.kind === 'integer' ? ' whole' : ''} number ${bounds.join(' and ')}`.trim();
}

function listMistakes(path: string, mistakes: readonly string[]): string {
  const listed = mistakes.slice(0, LISTED_MISTAKES).map((mistake) => `  ${mistake}`);
  const more = mistakes.length - listed.length;
  if (more > 0) listed.push(`  … and ${more} more`);
  return `${path}: ${mistakes.length} mistakes\n${listed.join('\n')}`;
}

function assemble(
  schema: Schema,
  readers: readonly ColumnReader[],
  columns: readonly Growing[],
  rows: number,
): CtrTable {
  const finished = new Map(readers.map(({ name }, i) => [name, columns[i].finish()]));
  const column = (name: string): Float64Array => finished.get(name)!;
  const trueCtr = finished.get('true_ctr');
  return checkTable({
    features: { schema, rows, values: schema.features.map(({ name }) => column(name)) },
    impressions: column('impressions'),
    clicks: column('clicks'),
    ...(trueCtr === undefined ? {} : { trueCtr }),
  });
}
