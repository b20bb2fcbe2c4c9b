/*
 * A forest as one buffer, little endian:
 *
 *   0    "ADSF"            magic
 *   4    uint32            format version
 *   8    uint32            length of the header text
 *   12   header            JSON: schema, parameters, intervals, sections { name, type, offset, length };
 *                          version 2 also parts, platt and attached { facts, sections }
 *        sections          typed arrays, each at a multiple of 8, all trees end to end
 *   −32  SHA-256           of everything before it
 *
 * Reading makes views of the buffer, not copies. Nothing in the header is believed: every length
 * is held against the buffer before it is used, and every link against the tree it is in.
 */
import { sha256 } from '@noble/hashes/sha2.js';
import { ForestError } from '../errors.js';
import type { Attachments, Forest } from './forest.js';
import {
  arrayTypes,
  factsOf,
  forestFrom,
  invalid,
  sectionsOf,
  sectionsOfVersion,
  versionFor,
  type ArrayType,
  type ForestFacts,
  type NumberArray,
  type Sections,
} from './file-sections.js';
import { checkSchema } from '../data/schema.js';

/** The latest version; a file is of the earliest that can say what it has to say. */
export const MODEL_FILE_VERSION = 2;

const MAGIC = 0x46534441;
const PREFIX_BYTES = 12;
const DIGEST_BYTES = 32;

interface Section {
  readonly name: string;
  readonly type: ArrayType;
  /** Bytes from the start of the buffer. */
  readonly offset: number;
  /** Elements. */
  readonly length: number;
}

interface Header extends ForestFacts {
  readonly sections: readonly Section[];
  readonly attached?: { readonly facts: unknown; readonly sections: readonly Section[] } | null;
}

/**
 * Writes a forest; the same forest always gives the same bytes. What is attached to it is written as
 * JSON and as arrays.
 */
export function writeModel(forest: Forest): Uint8Array {
  const { attached } = forest;
  const arrays = sectionsOf(forest);
  const version = versionFor(forest);
  const room = new Room();
  const sections = room.place(arrays, (name) => sectionsOfVersion[version][name]);
  const others = attached && room.place(attached.arrays, (name) => typeOf(attached.arrays[name]));
  const header: Header = {
    ...factsOf(forest),
    sections,
    ...(version === 2 && { attached: attached && { facts: attached.facts, sections: others! } }),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const start = align(PREFIX_BYTES + text.length);
  const bytes = new Uint8Array(start + room.offset + DIGEST_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, version, true);
  view.setUint32(8, text.length, true);
  bytes.set(text, PREFIX_BYTES);
  room.arrays.forEach(({ array, offset }) => {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), start + offset);
  });
  const body = bytes.subarray(0, -DIGEST_BYTES);
  bytes.set(sha256(body), body.length);
  return bytes;
}

/**
 * Where sections lie. Offsets depend on the header's length and the header holds the offsets: they
 * count from the end of the header, and reading adds its length.
 */
class Room {
  offset = 0;
  readonly arrays: { readonly array: NumberArray; readonly offset: number }[] = [];

  place(arrays: Sections, typeOfSection: (name: string) => ArrayType): Section[] {
    return Object.entries(arrays).map(([name, array]): Section => {
      const { offset } = this;
      this.arrays.push({ array, offset });
      this.offset = align(offset + array.byteLength);
      return { name, type: typeOfSection(name), offset, length: array.length };
    });
  }
}

function typeOf(array: NumberArray): ArrayType {
  return array[Symbol.toStringTag];
}

/**
 * Reads a forest. The forest keeps views of `bytes`: leave them alone.
 * @throws ForestError FILE_MAGIC, FILE_VERSION, FILE_TRUNCATED, FILE_CORRUPT, FILE_INVALID
 */
export function readModel(bytes: Uint8Array): Forest {
  checkFrame(bytes);
  const { header, start } = readHeader(bytes);
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  const version = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  const arrays = readSections(aligned, header, start, version);
  return forestFrom(header, arrays, version === 1 ? null : readAttached(aligned, header, start));
}

/** The file's own SHA-256, in hexadecimal: a name for exactly this model. */
export function modelDigest(bytes: Uint8Array): string {
  checkFrame(bytes);
  return storedDigest(bytes);
}

/** The digest of a file that has been read, and so checked, already. */
export function storedDigest(bytes: Uint8Array): string {
  return Array.from(bytes.subarray(-DIGEST_BYTES), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function align(offset: number): number {
  return Math.ceil(offset / 8) * 8;
}

/** Magic, version and checksum, in the order that gives the most helpful error. */
function checkFrame(bytes: Uint8Array): void {
  const { length } = bytes;
  const view = new DataView(bytes.buffer, bytes.byteOffset, length);
  if (length >= 4 && view.getUint32(0, true) !== MAGIC) {
    throw new ForestError('FILE_MAGIC', 'it does not begin with "ADSF"');
  }
  if (length < PREFIX_BYTES + DIGEST_BYTES) {
    const wanted = PREFIX_BYTES + DIGEST_BYTES;
    throw new ForestError('FILE_TRUNCATED', `got ${length} bytes, wanted at least ${wanted}`);
  }
  const version = view.getUint32(4, true);
  if (version > MODEL_FILE_VERSION || version < 1) {
    throw new ForestError(
      'FILE_VERSION',
      `got version ${version}, wanted 1 to ${MODEL_FILE_VERSION}`,
    );
  }
  const body = bytes.subarray(0, length - DIGEST_BYTES);
  const digest = sha256(body);
  if (digest.some((byte, i) => byte !== bytes[body.length + i])) {
    throw new ForestError('FILE_CORRUPT', 'it was cut short or changed since it was written');
  }
}

function readHeader(bytes: Uint8Array): { header: Header; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const length = view.getUint32(8, true);
  const start = align(PREFIX_BYTES + length);
  if (start > bytes.length - DIGEST_BYTES) {
    throw new ForestError('FILE_TRUNCATED', `the header claims ${length} bytes`);
  }
  const text = new TextDecoder().decode(bytes.subarray(PREFIX_BYTES, PREFIX_BYTES + length));
  let header: Header;
  try {
    header = JSON.parse(text) as Header;
  } catch (cause) {
    throw new ForestError('FILE_INVALID', 'the header is not JSON', { cause });
  }
  if (header === null || typeof header !== 'object' || !Array.isArray(header.sections)) {
    invalid('the header lists no sections');
  }
  const { parameters } = header;
  if (parameters === null || typeof parameters !== 'object')
    invalid('the header has no parameters');
  checkSchema(header.schema);
  return { header, start };
}

function readSections(
  bytes: Uint8Array,
  { sections }: Header,
  start: number,
  version: number,
): Sections {
  const arrays: Record<string, NumberArray> = {};
  for (const [name, type] of Object.entries(sectionsOfVersion[version])) {
    const section = sections.find((candidate) => candidate?.name === name);
    if (section === undefined || section.type !== type) invalid(`section ${name} is absent`);
    arrays[name] = viewOf(bytes, section, start);
  }
  return arrays;
}

/** What is attached: of arrays, views. */
function readAttached(bytes: Uint8Array, { attached }: Header, start: number): Attachments | null {
  if (attached === null || attached === undefined) return null;
  const { facts, sections } = attached;
  if (facts === undefined || !Array.isArray(sections)) invalid('what is attached has no sections');
  const names = sections.map((section) => section?.name as unknown);
  if (!names.every((name) => typeof name === 'string') || new Set(names).size < names.length) {
    invalid('what is attached has sections without a name of their own');
  }
  const arrays = sections.map((section) => [section.name, viewOf(bytes, section, start)] as const);
  return { facts, arrays: Object.fromEntries(arrays) };
}

/** The array of a section, a view of the file. */
function viewOf(bytes: Uint8Array, section: Section, start: number): NumberArray {
  const { name, type, offset, length } = section;
  if (!Object.hasOwn(arrayTypes, type)) invalid(`section ${name} is of type ${String(type)}`);
  const fits =
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset % 8 === 0 &&
    start + offset + length * arrayTypes[type].BYTES_PER_ELEMENT <= bytes.length - DIGEST_BYTES;
  if (!fits) invalid(`section ${name} lies outside the file`);
  const at = bytes.byteOffset + start + offset;
  return new arrayTypes[type](bytes.buffer as ArrayBuffer, at, length);
}
