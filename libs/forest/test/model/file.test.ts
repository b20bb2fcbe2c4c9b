import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  fit,
  Forest,
  ForestError,
  modelDigest,
  readModel,
  writeModel,
  type ForestErrorCode,
} from '../../src/index.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { mixedData, rowOf } from '../data.js';

const data = mixedData({ rows: 200, missing: 0.1 });
const { forest } = fit(data, { trees: 4 });
const bytes = writeModel(forest);

const codeOfReading = (file: Uint8Array): ForestErrorCode | 'read' => {
  try {
    readModel(file);
    return 'read';
  } catch (error) {
    if (error instanceof ForestError) return error.code;
    throw error;
  }
};

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- forgeries break every type
type Header = Record<string, any>;

/** The file with a changed header or body and a checksum that fits again. */
function forge(change: (header: Header, file: Uint8Array) => void): Uint8Array {
  const length = new DataView(bytes.buffer).getUint32(8, true);
  const header = JSON.parse(Buffer.from(bytes.subarray(12, 12 + length)).toString());
  const body = bytes.slice();
  change(header, body);
  const text = Buffer.from(JSON.stringify(header));
  const start = (headerBytes: number): number => Math.ceil((12 + headerBytes) / 8) * 8;
  const file = Buffer.concat([
    body.subarray(0, 12),
    text,
    Buffer.alloc(start(text.length) - 12 - text.length),
    body.subarray(start(length)),
  ]);
  file.writeUInt32LE(text.length, 8);
  file.set(sha256(file.subarray(0, -32)), file.length - 32);
  return new Uint8Array(file);
}

const section = (header: Header, name: string) =>
  header.sections.find((candidate: { name: string }) => candidate.name === name);

/** Where a section starts in the file. */
const startOf = (header: Header, name: string): number => {
  const length = new DataView(bytes.buffer).getUint32(8, true);
  return Math.ceil((12 + length) / 8) * 8 + section(header, name).offset;
};

describe('a model file', () => {
  it('says of a feature that a record may lack it only where the schema says so', () => {
    const headerOf = (file: Uint8Array): string =>
      Buffer.from(file.subarray(12, 12 + new DataView(file.buffer).getUint32(8, true))).toString();
    expect(headerOf(bytes)).not.toContain('"missing"');
    const features = forest.schema.features.map((feature, f) =>
      f === 1 ? { ...feature, missing: true } : feature,
    );
    const { parameters, bins, trees, intervals } = forest;
    const file = writeModel(new Forest({ features }, parameters, bins, trees, null, intervals));
    expect(headerOf(file)).toContain('"missing":true');
    expect(readModel(file).schema).toEqual({ features });
  });

  it('reads back as the same forest', () => {
    const back = readModel(bytes);
    for (let i = 0; i < 200; i++) {
      expect(back.predict(rowOf(data.columns, i))).toBe(forest.predict(rowOf(data.columns, i)));
    }
    expect(writeModel(back)).toEqual(bytes);
    expect(modelDigest(bytes)).toMatch(/^[0-9a-f]{64}$/);
  });

  it('is viewed, not copied', () => {
    expect(readModel(bytes).trees[0].value.buffer).toBe(bytes.buffer);
  });

  it('reads from an odd place in a larger buffer', () => {
    const larger = new Uint8Array(bytes.length + 9);
    larger.set(bytes, 3);
    expect(writeModel(readModel(larger.subarray(3, 3 + bytes.length)))).toEqual(bytes);
  });

  it('is refused when cut short, at any byte', () => {
    const codes = new Set<string>();
    for (let length = 0; length < bytes.length; length += length < 100 ? 1 : 97) {
      codes.add(codeOfReading(bytes.subarray(0, length)));
    }
    expect([...codes].sort()).toEqual(['FILE_CORRUPT', 'FILE_TRUNCATED']);
  });

  it('is refused when a bit is flipped, anywhere', () => {
    for (let at = 0; at < bytes.length; at += at < 64 ? 1 : 131) {
      const file = bytes.slice();
      file[at] ^= 1 << (at % 8);
      expect(codeOfReading(file)).toMatch(/^FILE_/);
    }
  });

  it('is refused when it is something else', () => {
    expect(
      codeOfReading(Buffer.from('{"not": "a model", "but": "long enough to look at it closely"}')),
    ).toBe('FILE_MAGIC');
  });

  it('is refused when a later version wrote it', () => {
    const file = bytes.slice();
    new DataView(file.buffer).setUint32(4, 3, true);
    expect(codeOfReading(file)).toBe('FILE_VERSION');
  });

  const hostile: [string, (header: Header, file: Uint8Array) => void][] = [
    ['a section past the end', (h) => (section(h, 'value').length = 9e9)],
    ['a negative offset', (h) => (section(h, 'left').offset = -8)],
    ['a crooked offset', (h) => (section(h, 'left').offset += 1)],
    ['a section of another type', (h) => (section(h, 'left').type = 'Uint8Array')],
    ['an absent section', (h) => (section(h, 'gain').name = 'pain')],
    ['another number of trees', (h) => (h.parameters.trees = 5)],
    ['a schema of fewer features', (h) => h.schema.features.pop()],
    ['no parameters', (h) => delete h.parameters],
    ['no sections', (h) => delete h.sections],
    [
      'more nodes than there are',
      (h, f) => new DataView(f.buffer).setInt32(startOf(h, 'nodeCounts'), 9e8, true),
    ],
    [
      'a negative count',
      (h, f) => new DataView(f.buffer).setInt32(startOf(h, 'nodeCounts'), -1, true),
    ],
    [
      'a node that is its own child',
      (h, f) => new DataView(f.buffer).setInt32(startOf(h, 'left') + 4, 1, true),
    ],
    [
      'a child that leads back to the root',
      (h, f) => new DataView(f.buffer).setInt32(startOf(h, 'left') + 4, 0, true),
    ],
    [
      'children past the end',
      (h, f) => new DataView(f.buffer).setInt32(startOf(h, 'left'), 2e9, true),
    ],
    [
      'a test of no feature',
      (h, f) => new DataView(f.buffer).setInt16(startOf(h, 'feature'), 99, true),
    ],
    [
      'a value that is no number',
      (h, f) => new DataView(f.buffer).setFloat64(startOf(h, 'value'), NaN, true),
    ],
    [
      'a cut past the last',
      (h, f) => new DataView(f.buffer).setInt32(startOf(h, 'cut'), 1e6, true),
    ],
    [
      'cuts that descend',
      (h, f) => new DataView(f.buffer).setFloat64(startOf(h, 'cuts'), 1e9, true),
    ],
  ];

  it.each(hostile)('is refused with %s, checksum or not', (_, change) => {
    expect(codeOfReading(forge(change))).toMatch(/^(FILE_INVALID|SCHEMA_INVALID)$/);
  });

  it('is refused when its header length lies', () => {
    const file = bytes.slice();
    new DataView(file.buffer).setUint32(8, 0xfffffff0, true);
    file.set(sha256(file.subarray(0, -32)), file.length - 32);
    expect(codeOfReading(file)).toBe('FILE_TRUNCATED');
  });
});

describe('a model file of version 1', () => {
  const fixture = (name: string): Buffer =>
    readFileSync(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url)));

  it('as it was first released is read by every later version, to the bit', () => {
    const old = readModel(fixture('model-v1.adsf'));
    const { rows, predictions, intervals } = JSON.parse(fixture('model-v1.json').toString());
    rows.forEach((written: (number | null)[], i: number) => {
      const row = written.map((value) => value ?? NaN);
      expect(old.predict(row)).toBe(predictions[i]);
      expect(old.compile().predict(row)).toBe(predictions[i]);
      expect(old.predictInterval(row, { level: 0.9, exposure: 500 })).toEqual(intervals[i]);
    });
  });
});
