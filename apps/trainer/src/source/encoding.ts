/*
 * From the bytes of a file to its text. Files are known by what they hold, never by their names:
 *
 *   1f 8b                 gzip: unpacked, and looked at again
 *   PK\3\4                a workbook (xlsx)
 *   PAR1                  Parquet
 *   DUCK at byte 8        a DuckDB database
 *   { or [                JSON, one object a line or a list of them
 *   anything else         a table in text
 *
 * Text without a byte order mark is UTF-8 if it is that; UTF-16 if every other byte is 0; else the
 * legacy encoding that suits its bytes and in which its first lines speak words of an ad export.
 */
import { analyse } from 'chardet';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import iconv from 'iconv-lite';
import { InputError } from '../cli/exit.js';
import { meanings, matchMeaning, outcomePhrase } from '../language/vocabulary.js';
import { plausibility } from './plausible.js';

/** What a file is, by its first bytes. */
export type Content = 'text' | 'json' | 'xlsx' | 'parquet' | 'duckdb';

/** How a text file is written. */
export interface Encoding {
  /** As iconv calls it: `utf-8`, `utf-16le`, `windows-1252`, `shift_jis` … */
  readonly name: string;
  /** It was guessed from the bytes: neither told, nor marked, nor the only one possible. */
  readonly guessed: boolean;
}

/** So much of a file is looked at: accents turn up early or hardly ever. */
const LOOKED_AT = 8 * 1024 * 1024;

/** Legacy encodings that ad platforms and spreadsheets write, as chardet names them, by iconv's name. */
const legacy: Readonly<Record<string, string>> = {
  'ISO-8859-1': 'windows-1252',
  'windows-1252': 'windows-1252',
  'ISO-8859-2': 'windows-1250',
  'windows-1250': 'windows-1250',
  'ISO-8859-5': 'windows-1251',
  'windows-1251': 'windows-1251',
  'KOI8-R': 'koi8-r',
  'ISO-8859-7': 'windows-1253',
  'windows-1253': 'windows-1253',
  'ISO-8859-9': 'windows-1254',
  'windows-1254': 'windows-1254',
  Shift_JIS: 'shift_jis',
  'EUC-JP': 'euc-jp',
  'EUC-KR': 'euc-kr',
  Big5: 'big5',
  GB18030: 'gb18030',
};

/** The bytes of a file, unpacked if they are gzip. */
export async function openBytes(path: string): Promise<Readable> {
  const file = createReadStream(path);
  if (!(await isGzip(path))) return file;
  const unpacked = createGunzip();
  file.on('error', (error) => unpacked.destroy(error));
  return file.pipe(unpacked);
}

async function isGzip(path: string): Promise<boolean> {
  const start = await readStart(path, 2);
  return start.length === 2 && start[0] === 0x1f && start[1] === 0x8b;
}

async function readStart(path: string, bytes: number): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(bytes), 0, bytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/**
 * The first bytes of a file, unpacked.
 * @param most how many at most
 * @throws InputError if the file cannot be unpacked
 */
export async function startOf(path: string, most = LOOKED_AT): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const bytes = await openBytes(path);
  try {
    for await (const chunk of bytes as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= most) break;
    }
  } catch (cause) {
    throw new InputError(`${path}: ${(cause as Error).message}`, { cause });
  } finally {
    bytes.destroy();
  }
  return Buffer.concat(chunks).subarray(0, most);
}

/** What a file holds. @param start its first bytes, unpacked */
export function contentOf(start: Buffer): Content {
  if (start.subarray(0, 4).equals(Buffer.from('PK\u0003\u0004', 'latin1'))) return 'xlsx';
  if (start.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  if (start.subarray(8, 12).toString('latin1') === 'DUCK') return 'duckdb';
  // Marks of an encoding, and every other byte of a wide one, are passed over.
  const text = start
    .subarray(0, 256)
    .toString('utf8')
    .replace(/[\0\uFFFD\uFEFF]/g, '');
  return /^\s*(?:\{|\[\s*\{)/.test(text) ? 'json' : 'text';
}

/**
 * How the text of a file is encoded.
 * @param start its first bytes, unpacked
 * @param told the encoding that the user names
 * @throws InputError if there is no such encoding
 */
export function encodingOf(start: Buffer, told?: string): Encoding {
  if (told !== undefined) {
    if (iconv.encodingExists(told)) return { name: told.toLowerCase(), guessed: false };
    const wanted = 'utf-8, utf-16le, utf-16be, windows-1252, shift_jis, gb18030 or the like';
    throw new InputError(`--encoding: got ${told}, wanted ${wanted}`);
  }
  const marked = markOf(start);
  if (marked !== undefined) return { name: marked, guessed: false };
  const wide = wideOf(start);
  if (wide !== undefined) return { name: wide, guessed: true };
  if (isUtf8(start)) return { name: 'utf-8', guessed: false };
  return { name: guessLegacy(start), guessed: true };
}

function markOf(start: Buffer): string | undefined {
  if (start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf) return 'utf-8';
  if (start[0] === 0xff && start[1] === 0xfe) return 'utf-16le';
  if (start[0] === 0xfe && start[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** UTF-16 of mostly Latin text: 0 in every other byte. */
function wideOf(start: Buffer): string | undefined {
  const looked = Math.min(start.length, 4096) & ~1;
  if (looked < 8) return undefined;
  const zeros = [0, 0];
  for (let i = 0; i < looked; i++) if (start[i] === 0) zeros[i & 1]++;
  const most = looked / 2;
  if (zeros[1] > 0.3 * most && zeros[0] < 0.05 * most) return 'utf-16le';
  if (zeros[0] > 0.3 * most && zeros[1] < 0.05 * most) return 'utf-16be';
  return undefined;
}

/**
 * Whether bytes are UTF-8, the last character possibly cut off. A stray byte is forgiven where characters
 * beyond ASCII show that all else is UTF-8: one in 10,000 bytes, or one in a large file. One that stands
 * alone is no slip, but the only umlaut of a file in another encoding.
 */
function isUtf8(start: Buffer): boolean {
  const text = new TextDecoder('utf-8').decode(start);
  let wrong = 0;
  for (let at = text.indexOf('\uFFFD'); at >= 0; at = text.indexOf('\uFFFD', at + 1)) wrong++;
  if (wrong === 0 || (wrong === 1 && text.endsWith('\uFFFD'))) return true;
  if (wrong === 1) return start.length > 10_000 && /[^\p{ASCII}\uFFFD]/u.test(text);
  let beyond = 0;
  for (const byte of start) if (byte >= 0x80) beyond++;
  return wrong <= beyond / 10_000;
}

/** The lines that hold something beyond ASCII say most; the first ones are the header. */
const TELLING_BYTES = 64 * 1024;

function guessLegacy(start: Buffer): string {
  const lines = start.toString('latin1').split(/\r\n|\n|\r/);
  // eslint-disable-next-line no-control-regex
  const telling = lines.filter((line) => /[^\x00-\x7f]/.test(line)).join('\n');
  const bytes = Buffer.from(telling.slice(0, TELLING_BYTES), 'latin1');
  const scores = new Map<string, number>([['windows-1252', 1]]);
  for (const { name, confidence } of analyse(bytes)) {
    const known = legacy[name];
    if (known !== undefined && confidence > (scores.get(known) ?? -1))
      scores.set(known, confidence);
  }
  const head = Buffer.from(lines.slice(0, 20).join('\n').slice(0, TELLING_BYTES), 'latin1');
  const sample = bytes.subarray(0, JUDGED_BYTES);
  const ranked = [...new Set([...Object.values(legacy), ...scores.keys()])].map((name) => ({
    name,
    score:
      (scores.get(name) ?? 0) / 5 +
      headScore(iconv.decode(head, name)) +
      100 * plausibility(iconv.decode(sample, name), (letter) => isCommonIn(letter, name)) +
      priorOf(name, iconv.decode(sample, name)),
  }));
  const { name } = ranked.sort((a, b) => b.score - a.score)[0];
  // German is the same in several; the one of Western Europe is what is meant.
  const western = 'windows-1252';
  return iconv.decode(bytes, western) === iconv.decode(bytes, name) ? western : name;
}

/** Western Europe writes most; Japanese has other letters than Chinese, beside the same ones. */
function priorOf(name: string, text: string): number {
  if (name === 'euc-jp' && !/[\u3041-\u30ff]/.test(text)) return -40;
  return name === 'windows-1252' ? 3 : 0;
}

/** So much of it is judged letter by letter. */
const JUDGED_BYTES = 4096;

/** First bytes of the common characters of an encoding, which its standard has first. */
const commonLeads: Readonly<Record<string, readonly [number, number]>> = {
  shift_jis: [0x88, 0x97],
  'euc-jp': [0xb0, 0xcf],
  gb18030: [0xb0, 0xd7],
  big5: [0xa4, 0xc6],
};

/** Whether a Chinese character is a common one: in Korean none is. */
function isCommonIn(letter: string, name: string): boolean {
  const leads = commonLeads[name];
  if (leads === undefined) return false;
  const [lead, trail] = iconv.encode(letter, name);
  return lead >= leads[0] && lead <= leads[1] && (name !== 'gb18030' || trail >= 0xa1);
}

/** How much the first lines read like an ad export: words that it knows, less what is no letter. */
function headScore(text: string): number {
  const names = text.split(/[\n,;\t|]/).map((name) => name.replaceAll('"', '').trim());
  const beyond = names.filter((name) => /[^\p{ASCII}]/u.test(name)).slice(0, 200);
  const known = beyond.filter(
    (name) =>
      outcomePhrase(name) !== undefined ||
      meanings.some((meaning) => (matchMeaning(name, meaning)?.closeness ?? 0) >= 2),
  );
  const broken =
    text.match(/[\uFFFD\p{Cc}\p{Co}]/gu)?.filter((sign) => !/\s/.test(sign)).length ?? 0;
  return 40 * Math.min(known.length, 5) - 20 * Math.min(broken, 10);
}

/** The text of a file, piece by piece, without its byte order mark. */
export async function* textOf(path: string, { name }: Encoding): AsyncGenerator<string> {
  const bytes = await openBytes(path);
  const decoded = bytes.pipe(iconv.decodeStream(name)) as unknown as Readable;
  bytes.on('error', (error) => decoded.destroy(error));
  try {
    yield* decoded as AsyncIterable<string>;
  } catch (cause) {
    throw new InputError(`${path}: ${(cause as Error).message}`, { cause });
  } finally {
    bytes.destroy();
  }
}
