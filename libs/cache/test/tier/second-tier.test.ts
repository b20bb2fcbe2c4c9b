import fc from 'fast-check';
import { jsonCodec, numberCodec } from '../../src/tier/second-tier.js';

interface Answer {
  ctr: number;
}

const isAnswer = (value: unknown): value is Answer =>
  typeof value === 'object' && value !== null && typeof (value as Answer).ctr === 'number';

describe('codecs', () => {
  it('give numbers back to the bit', () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        expect(numberCodec.decode(Buffer.from(numberCodec.encode(value)))).toBe(value);
      }),
    );
  });

  it('take no number from other bytes', () => {
    expect(numberCodec.decode(Buffer.from('0.0847'))).toBeUndefined();
  });

  it('give JSON values back when they are values of the cache', () => {
    const codec = jsonCodec(isAnswer);
    expect(codec.decode(Buffer.from(codec.encode({ ctr: 0.0847 })))).toEqual({ ctr: 0.0847 });
    expect(codec.decode(Buffer.from('{"other":1}'))).toBeUndefined();
    expect(() => codec.decode(Buffer.from('{"ctr":'))).toThrow(SyntaxError);
  });
});
