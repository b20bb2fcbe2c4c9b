import { type PackedOutcomes, type ToldOutcome, pack, unpack } from '../../src/outcomes/packed.js';
import { OutcomeWriter } from '../../src/outcomes/writer.js';
import { StoreError } from '../../src/store/errors.js';

const told = (key: string): ToldOutcome => ({
  ...{ key, kind: 'record', segment: 's', day: '2026-03-01', model: 'm', cell: '{}', unseen: '' },
  ...{ campaign: 'c', placement: 'p', arm: 'a', impressions: 2, clicks: 1, ctr: 0.5 },
  ...{ spend: null, until: 5, content: 'x' },
});

function packed(...keys: string[]): PackedOutcomes {
  const list: PackedOutcomes = [];
  keys.forEach((key) => pack(told(key), list));
  return list;
}

/** A store that tells the keys that it is asked to write, and answers when it is told to. */
function slowStore() {
  const asked: string[][] = [];
  const answers: { answer: () => void; fail: (error: Error) => void }[] = [];
  const run = (_name: string, args: { packed: PackedOutcomes }) => {
    const keys = unpack(args.packed).map(({ key }) => key);
    asked.push(keys);
    return new Promise((resolve, fail) => {
      const fates = Uint8Array.from(keys, (key) => Number(key));
      answers.push({ answer: () => resolve(fates), fail });
    });
  };
  return { asked, answers, store: { run } as never };
}

const settled = () => new Promise(setImmediate);

it('unpacks what was packed', () => {
  expect(unpack(packed('1', '2'))).toEqual([told('1'), told('2')]);
});

describe('the writer of outcomes', () => {
  it('writes at once, and what comes meanwhile together', async () => {
    const { asked, answers, store } = slowStore();
    const writer = new OutcomeWriter(store, () => 0);
    const all = [
      writer.write(packed('1')),
      writer.write(packed('2', '0')),
      writer.write(packed('3')),
    ];
    expect(asked).toEqual([['1']]);
    answers[0].answer();
    await settled();
    expect(asked).toEqual([['1'], ['2', '0', '3']]);
    answers[1].answer();
    const fates = await Promise.all(all);
    expect(fates.map((some) => [...some])).toEqual([[1], [2, 0], [3]]);
  });

  it('tells those of a transaction that failed, and goes on with the next', async () => {
    const { asked, answers, store } = slowStore();
    const writer = new OutcomeWriter(store, () => 0);
    const first = writer.write(packed('1'));
    const second = writer.write(packed('2'));
    answers[0].fail(new StoreError('full'));
    await expect(first).rejects.toThrow('full');
    await settled();
    answers[1].answer();
    expect([...(await second)]).toEqual([2]);
    expect(asked).toHaveLength(2);
  });

  it('makes transactions no longer than 2,000 outcomes, unless one body is', async () => {
    const { asked, answers, store } = slowStore();
    const writer = new OutcomeWriter(store, () => 0);
    const body = packed(...Array.from({ length: 1000 }, () => '1'));
    const all = Array.from({ length: 5 }, () => writer.write(body));
    for (let i = 0; i < 3; i++) {
      answers[i].answer();
      await settled();
    }
    await Promise.all(all);
    expect(asked.map(({ length }) => length)).toEqual([1000, 2000, 2000]);
  });

  it('asks nothing for nothing', async () => {
    const { asked, store } = slowStore();
    expect(await new OutcomeWriter(store, () => 0).write([])).toHaveLength(0);
    expect(asked).toEqual([]);
  });
});
