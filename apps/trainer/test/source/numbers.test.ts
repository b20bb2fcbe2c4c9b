import { quoteText } from '../../src/source/sql.js';
import { withDatabase } from '../reading.js';

/** What a macro makes of each text. */
async function readAs(macro: string, texts: readonly string[]): Promise<unknown[]> {
  const list = texts.map((text) => `(${quoteText(text)})`).join(', ');
  const rows = await withDatabase((database) =>
    database.rows(`SELECT ${macro}(t) AS value FROM (VALUES ${list}) AS v(t)`),
  );
  return rows.map(({ value }) => value);
}

describe('numbers in text', () => {
  it('are read with thousands marks, currency signs, percent signs and blanks', async () => {
    const cells: [string, number][] = [
      ['5', 5],
      ['-5.25', -5.25],
      ['+5', 5],
      ['.5', 0.5],
      ['5.', 5],
      ['1e3', 1000],
      ['1,234', 1234],
      ['1,234,567.89', 1234567.89],
      ['1 234', 1234],
      ['1\u00a0234', 1234],
      ["1'234", 1234],
      ['$5', 5],
      ['€ 1,000.50', 1000.5],
      ['\u0080 5', 5],
      ['12 %', 0.12],
      ['12.5%', 0.125],
      ['−3', -3],
      [' 7 ', 7],
      ['12345678901234567890', Number('12345678901234567890')],
    ];
    const values = await readAs(
      'number_of',
      cells.map(([text]) => text),
    );
    expect(values).toEqual(cells.map(([, value]) => value));
  });

  it('are not made of what is no number', async () => {
    const texts = ['', 'lots', '0x10', '1_000', 'inf', 'NaN', '1,23', '12,34.5', '1.2.3', '5 %%'];
    expect(await readAs('number_of', texts)).toEqual(texts.map(() => null));
  });

  it('have a comma for a point where the data is written so', async () => {
    const texts = ['1,5', '1.234,5', '1.234.567', '-0,25 €', '12,5 %', '7'];
    expect(await readAs('number_comma', texts)).toEqual([1.5, 1234.5, 1234567, -0.25, 0.125, 7]);
    expect(await readAs('number_comma', ['1.5', '1,234.5'])).toEqual([null, null]);
  });

  it('are missing where an export says so, and nowhere else', async () => {
    const missing = ['', '  ', '-', '--', 'NA', 'n/a', '#N/A', 'NaN', 'null', 'None', '\\N'];
    expect(await readAs('present', missing)).toEqual(missing.map(() => null));
    expect(await readAs('present', [' unknown ', '0', 'nano'])).toEqual(['unknown', '0', 'nano']);
  });
});
