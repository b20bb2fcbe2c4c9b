/* What version 2 of the model file says beside what version 1 does. */
import { sha256 } from '@noble/hashes/sha2.js';
import { fit, readModel, writeModel, type Attachments, type Forest } from '../../src/index.js';
import { boosted, data, forestOfParts, kinds, rows } from '../parts.js';

const versionOf = (bytes: Uint8Array): number => new DataView(bytes.buffer).getUint32(4, true);

const attached: Attachments = {
  facts: { words: ['é', '漢'], nested: [{ n: 0.1 }, null, true] },
  arrays: {
    doubles: Float64Array.of(0.1, -0, NaN),
    floats: Float32Array.of(1.5),
    wholes: Int32Array.of(-7, 7),
    counts: Uint32Array.of(4e9),
    short: Int16Array.of(-3, 2, 1),
    codes: Uint16Array.of(65_535),
    bytes: Uint8Array.of(1, 2, 3, 4, 5),
    none: new Float64Array(0),
  },
};

const scores = Float64Array.of(0.5, 1);
const overdispersed = {
  noise: 'binomial',
  meanSquareError: 0.1,
  rows: 2,
  scores,
  overdispersion: 0.01,
} as const;
const plain = fit(data, { trees: 3 }).forest;

const forests: Record<string, Forest> = {
  ...Object.fromEntries(Object.entries(kinds).map(([name, parts]) => [name, forestOfParts(parts)])),
  'a forest with attachments': plain.with({ attached }),
  'a forest with Platt’s calibration': plain.with({ calibration: { slope: 1.1, intercept: -0.2 } }),
  'a forest with overdispersed intervals': plain.with({ intervals: overdispersed }),
  'all of it': forestOfParts(kinds['a mixture of three']).with({
    attached,
    calibration: { slope: 0.9, intercept: 0.1 },
    intervals: overdispersed,
  }),
};

describe.each(Object.keys(forests))('%s', (name) => {
  const forest = forests[name];
  const bytes = writeModel(forest);

  it('is of version 2 and reads back the same', () => {
    expect(versionOf(bytes)).toBe(2);
    const back = readModel(bytes);
    expect(back.parts).toEqual(forest.parts);
    expect(back.calibration).toEqual(forest.calibration);
    expect(back.intervals).toEqual(forest.intervals);
    expect(back.attached).toEqual(forest.attached);
    for (const row of rows) expect(back.predict(row)).toBe(forest.predict(row));
    expect(writeModel(back)).toEqual(bytes);
  });
});

describe('the version of a model file', () => {
  it('stays 1 for what version 1 can say', () => {
    const isotonic = { x: Float64Array.of(0, 1), y: Float64Array.of(0, 2) };
    for (const forest of [plain, plain.with({ calibration: isotonic })]) {
      expect(versionOf(writeModel(forest))).toBe(1);
      expect(readModel(writeModel(forest)).attached).toBeNull();
    }
  });

  it('2 keeps attached arrays as views of the file', () => {
    const bytes = writeModel(plain.with({ attached }));
    const { arrays } = readModel(bytes).attached!;
    for (const array of Object.values(arrays)) expect(array.buffer).toBe(bytes.buffer);
  });
});

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- forgeries break every type
type Header = Record<string, any>;

const bytes = writeModel(forests['all of it']);

/** The file with a changed header and a checksum that fits again. */
function forge(change: (header: Header) => void): Uint8Array {
  const length = new DataView(bytes.buffer).getUint32(8, true);
  const header = JSON.parse(Buffer.from(bytes.subarray(12, 12 + length)).toString());
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const start = (headerBytes: number): number => Math.ceil((12 + headerBytes) / 8) * 8;
  const padding = Buffer.alloc(start(text.length) - 12 - text.length);
  const rest = bytes.subarray(start(length));
  const file = Buffer.concat([bytes.subarray(0, 12), text, padding, rest]);
  file.writeUInt32LE(text.length, 8);
  file.set(sha256(file.subarray(0, -32)), file.length - 32);
  return new Uint8Array(file);
}

describe('a file of version 2', () => {
  it.each<[string, (header: Header) => void]>([
    ['no parts', (h) => delete h.parts],
    ['an empty list of parts', (h) => (h.parts = [])],
    ['a part that is nothing', (h) => (h.parts[1] = null)],
    ['an unknown link', (h) => (h.parts[0].link = 'probit')],
    ['a base that is no number', (h) => (h.parts[0].base = 'x')],
    ['a base that is endless', (h) => (h.parts[0].base = null)],
    ['a weight in words', (h) => (h.parts[0].weight = '0.2')],
    ['weights that do not sum to 1', (h) => (h.parts[0].weight = 0.3)],
    ['a weight below 0', (h) => (h.parts[0].weight = -0.2)],
    ['too many members', (h) => (h.parts[0].members = 9)],
    ['members below 0', (h) => (h.parts[0].members = -1)],
    [
      'no section of members',
      (h) => (h.sections.find((s: Header) => s.name === 'members').name = 'm'),
    ],
    ['a calibration that falls', (h) => (h.platt.slope = -1)],
    ['a calibration that is no number', (h) => (h.platt.intercept = '1')],
    ['an overdispersion in words', (h) => (h.intervals.overdispersion = '0')],
    ['an overdispersion above 1', (h) => (h.intervals.overdispersion = 1.5)],
    ['attachments without sections', (h) => delete h.attached.sections],
    ['attachments of an unknown type', (h) => (h.attached.sections[0].type = 'constructor')],
    ['attachments past the end', (h) => (h.attached.sections[0].length = 1e12)],
    ['attachments of one name', (h) => (h.attached.sections[1].name = 'doubles')],
    ['attachments without a name', (h) => delete h.attached.sections[1].name],
    ['an attachment that is nothing', (h) => (h.attached.sections[1] = null)],
  ])('is refused with %s, checksum or not', (_, change) => {
    expect(() => readModel(forge(change))).toThrow(
      expect.objectContaining({ code: 'FILE_INVALID' }),
    );
  });

  it('is read when only forged into itself', () => {
    expect(writeModel(readModel(forge(() => {})))).toEqual(bytes);
  });
});

describe('what is not a bag of trees', () => {
  it('of one member is told from one', () => {
    const file = writeModel(forestOfParts(boosted('identity', [4])));
    expect(versionOf(file)).toBe(2);
  });
});
