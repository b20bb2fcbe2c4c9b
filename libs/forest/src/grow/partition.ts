/*
 * Rows are moved, not indexed: what a node needs of its rows (packed codes, weight, weight ·
 * target) lies in one contiguous stretch, so counting a histogram reads memory in order. A split
 * copies the stretch from one buffer to the other, left rows upwards, right rows downwards:
 *
 *   buffer A   [ … | node's rows, start … end | … ]
 *   buffer B   [ … | left →          ← right  | … ]      children read B and write A
 *
 * so nothing outside the stretch is touched and depth alone tells which buffer holds a node.
 */

/** In-bag rows in node order. */
export interface NodeRows {
  readonly wordsPerRow: number;
  readonly words: Uint32Array;
  readonly weight: Float64Array;
  /** weight · target */
  readonly sum: Float64Array;
}

/** Where the tested feature's code sits, and what each code means. */
export interface RowTest {
  readonly word: number;
  readonly shift: number;
  readonly mask: number;
  /** By code: 1 left, 0 right. */
  readonly goesLeft: Uint8Array;
}

export function allocateRows(rows: number, wordsPerRow: number): NodeRows {
  return {
    wordsPerRow,
    words: new Uint32Array(rows * wordsPerRow),
    weight: new Float64Array(rows),
    sum: new Float64Array(rows),
  };
}

/**
 * Copies rows `start … end` − 1 and returns where the right ones begin. Every row is written on
 * both sides and kept on one, where the next row does not overwrite it: which side a row takes is
 * what a processor cannot guess, and a wrong guess costs more than a write.
 */
export function moveRows(
  from: NodeRows,
  to: NodeRows,
  test: RowTest,
  start: number,
  end: number,
): number {
  if (from.wordsPerRow > 1) return moveWideRows(from, to, test, start, end);
  const { shift, mask, goesLeft } = test;
  const { words, weight, sum } = from;
  const { words: toWords, weight: toWeight, sum: toSum } = to;
  let left = start;
  let right = end - 1;
  for (let i = start; i < end; i++) {
    const word = words[i];
    const w = weight[i];
    const s = sum[i];
    const isLeft = goesLeft[(word >>> shift) & mask];
    toWords[left] = word;
    toWeight[left] = w;
    toSum[left] = s;
    toWords[right] = word;
    toWeight[right] = w;
    toSum[right] = s;
    left += isLeft;
    right -= 1 - isLeft;
  }
  return left;
}

/** `moveRows` for rows of several words: those are too long to be written twice. */
function moveWideRows(
  from: NodeRows,
  to: NodeRows,
  { word, shift, mask, goesLeft }: RowTest,
  start: number,
  end: number,
): number {
  const { wordsPerRow, words, weight, sum } = from;
  const { words: toWords, weight: toWeight, sum: toSum } = to;
  let left = start;
  let right = end - 1;
  for (let i = start, source = start * wordsPerRow; i < end; i++) {
    const isLeft = goesLeft[(words[source + word] >>> shift) & mask];
    const row = isLeft === 1 ? left++ : right--;
    toWeight[row] = weight[i];
    toSum[row] = sum[i];
    const stop = source + wordsPerRow;
    for (let target = row * wordsPerRow; source < stop; source++, target++) {
      toWords[target] = words[source];
    }
  }
  return left;
}
