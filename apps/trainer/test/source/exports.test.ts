import fc from 'fast-check';
import { languages, namedLike } from '../../src/language/vocabulary.js';
import { expectLinesToAddUp, sharedOpener } from './opened.js';
import { platforms, shapes, writeExport } from './exports.js';

const { open } = sharedOpener();

/** Shapes for each platform in each language: the same each time, and others for each; more are tried by EXPORT_RUNS. */
const RUNS = Number(process.env.EXPORT_RUNS ?? 1);

describe.each(platforms)('an export of %s is read as it was written', (platform) => {
  it.each(languages)('%s', async (language) => {
    await fc.assert(
      fc.asyncProperty(shapes, async (shape) => {
        const written = writeExport(platform, language, shape);
        const { source, columns, types } = await open(written.bytes);
        expect(Object.keys(columns)).toEqual(written.header);
        expect(columns).toEqual(closeTo(written.columns));
        expect(source.totals.rows).toHaveLength(written.totals);
        expect(source.totals.differences).toEqual([]);
        expect(namedLike(written.header, 'impressions')[0]).toBe(written.impressions);
        expect(namedLike(written.header, 'clicks')[0]).toBe(written.clicks);
        if (written.time !== undefined) {
          expect(types[written.time]).toMatch(/^(DATE|TIMESTAMP)$/);
          expect(namedLike(written.header, 'time')).toContain(written.time);
        }
        expect(source.layouts[0].counts).toMatchObject({
          lines: written.lines,
          preamble: shape.dialect.preamble,
          rows: Object.values(written.columns)[0].length,
          dropped: written.totals,
          footer: shape.dialect.footer,
        });
        expectLinesToAddUp(source);
      }),
      {
        seed: 100 * platforms.indexOf(platform) + languages.indexOf(language),
        numRuns: RUNS,
        endOnFailure: true,
      },
    );
  });
});

/** The same columns; a share in percent may differ in its last bit. */
function closeTo(
  columns: Readonly<Record<string, readonly (string | number)[]>>,
): Record<string, unknown[]> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, cells]) => [
      name,
      cells.map((cell) => (typeof cell === 'number' ? (expect.closeTo(cell, 9) as unknown) : cell)),
    ]),
  );
}
