import { WordIndex } from '../../src/inside/word-index.js';
import { Turn } from '../../src/overload/turn.js';

const listOf = (words: readonly (string | undefined)[]) => {
  return { size: words.length, textOf: (place: number) => words[place] };
};
const stays = () => false;

/** What a search is to find, by looking at every word. */
function wanted(words: readonly (string | undefined)[], text: string, most: number): number[] {
  const part = text.normalize('NFC').toLowerCase();
  const all = [...words.keys()];
  const foldedAt = (place: number) => words[place]?.normalize('NFC').toLowerCase() ?? '';
  const first = all.filter((place) => foldedAt(place).startsWith(part));
  const later = all.filter((place) => foldedAt(place).indexOf(part) > 0);
  return [...first, ...later].slice(0, most);
}

describe('an index of words', () => {
  it('finds in many pieces what looking at every word finds', async () => {
    const syllables = ['ka', 'LO', 'mi', 'É', 'e\u0301', ' ', 'ñu', '走', '\n', '😀', 'ß', '-'];
    const words = Array.from({ length: 20_000 }, (_, i) => {
      if (i % 97 === 0) return undefined;
      let text = '';
      for (let n = i + 1; n > 0; n = Math.floor(n / syllables.length)) {
        text += syllables[n % syllables.length];
      }
      return text;
    });
    const index = await WordIndex.of(listOf(words));
    // Longer than a piece in all.
    expect(Buffer.byteLength(words.join('|'))).toBeGreaterThan(2 * 65_536);
    for (const text of [
      'k',
      'KA',
      'lo',
      'é',
      ' ',
      'ñ',
      '走走',
      '\n',
      '😀',
      'ß',
      '-k',
      'kaka',
      'zz',
    ]) {
      for (const most of [1, 20, 100_000]) {
        expect([text, await index.find(text, most, stays)]).toEqual([
          text,
          wanted(words, text, most),
        ]);
      }
    }
  });

  it('finds words longer than a piece, and the first and last of all', async () => {
    const long = 'x'.repeat(200_000);
    const index = await WordIndex.of(listOf(['first', `${long}y`, 'last']));
    expect(await index.find('xy', 5, stays)).toEqual([1]);
    expect(await index.find('FIRST', 5, stays)).toEqual([0]);
    expect(await index.find('t', 5, stays)).toEqual([0, 2]);
    expect(await (await WordIndex.of(listOf([]))).find('a', 5, stays)).toEqual([]);
  });

  it('does not take the end of a word and the beginning of the next for one', async () => {
    const index = await WordIndex.of(listOf(['ab', 'cd']));
    expect(await index.find('bc', 5, stays)).toEqual([]);
  });

  it('lets others in after every turn, and ends when nobody waits', async () => {
    const words = listOf(Array.from({ length: 20_000 }, (_, i) => `a campaign of many: ${i}`));
    let time = 0;
    // Every look at the clock finds the turn over.
    const hurried = () => new Turn(1, () => ++time, 0);
    let turns = 0;
    let isDone = false;
    const other = (): void => {
      turns++;
      if (!isDone) setImmediate(other);
    };
    setImmediate(other);
    const index = await WordIndex.of(words, hurried());
    expect(turns).toBeGreaterThanOrEqual(20_000);
    let asked = 0;
    const ask = (leaves: number) => index.find('nowhere', 20, () => ++asked >= leaves, hurried());
    turns = 0;
    expect(await ask(Infinity)).toEqual([]);
    // Some pieces, looked through twice.
    expect(asked).toBeGreaterThan(10);
    expect(turns).toBeGreaterThanOrEqual(asked);
    asked = 0;
    await ask(3);
    expect(asked).toBe(3);
    isDone = true;
  });
});
