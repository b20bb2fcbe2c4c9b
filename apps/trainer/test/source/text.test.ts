import { writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { linesOf } from '../../src/source/text.js';
import { testFolder } from '../reading.js';

const at = testFolder();
const search = { headLines: 1, quote: '"', skipped: new Set<number>() };

describe('the line of a record', () => {
  it('counts line breaks within quotes and blank lines, which are no records', async () => {
    const csv = 'a,b\n1,2\n\n"two\nlines ""and\nmore""",3\n\r\n4,5\r\n6,7';
    await writeFile(at('ads.csv'), csv);
    const path = at('ads.csv');
    expect(await linesOf({ ...search, path }, [0, 1, 2, 3])).toEqual([2, 4, 8, 9]);
    expect(await linesOf({ ...search, path }, [2])).toEqual([8]);
  });

  it('passes over records that are not counted', async () => {
    await writeFile(at('ads.csv'), 'a,b\n1,2\n1\n3,4\n');
    const skipped = new Set([3]);
    expect(await linesOf({ ...search, path: at('ads.csv'), skipped }, [1])).toEqual([4]);
  });

  it('is found below a title, and in a packed file', async () => {
    await writeFile(at('ads.csv.gz'), gzipSync('Report\nMay\na,b\n1,2\n3,4\n'));
    expect(await linesOf({ ...search, path: at('ads.csv.gz'), headLines: 3 }, [1])).toEqual([5]);
  });
});
