import { Reporter, tableText } from '../../src/cli/reporter.js';
import { visible, visibleCell } from '../../src/cli/visible.js';

/** What a campaign could be called to clear a screen, to turn text around, or to forge a line. */
const NASTY = 'spring\u009b2J\u001b[31m\u202egnirps\u2066\u2028\r\u0007\u007f\ud800';
const SHOWN = String.raw`spring\u009b2J\u001b[31m\u202egnirps\u2066\u2028\u000d\u0007\u007f\ud800`;

const wrote = (stream: NodeJS.WriteStream, tell: () => void): string => {
  const write = jest.spyOn(stream, 'write').mockReturnValue(true);
  try {
    tell();
    return write.mock.calls.map(([text]) => String(text)).join('');
  } finally {
    write.mockRestore();
  }
};

describe('what others wrote', () => {
  it('is shown with its controls as escapes, and all else as it is', () => {
    expect(visible(NASTY)).toBe(SHOWN);
    const fine = 'Frühling – 春の売り出し 👩‍👩‍👧\tä\n– ﷼ خصم';
    expect(visible(fine)).toBe(fine);
    expect(visibleCell('a\nb\tc')).toBe(String.raw`a\u000ab\u0009c`);
  });

  it.each([[false], [true]])(
    'cannot steer the terminal by results and notes; --json: %s',
    (json) => {
      const reporter = new Reporter(json, false, false);
      const result = wrote(process.stdout, () => reporter.result(NASTY, { campaign: NASTY }));
      const note = wrote(process.stderr, () => reporter.note(NASTY));
      expect(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069\u2028]/u.test(result + note)).toBe(false);
      if (json) {
        expect(JSON.parse(result)).toEqual({ campaign: NASTY });
        expect(JSON.parse(note)).toEqual({ note: NASTY });
      } else {
        expect([result, note]).toEqual([`${SHOWN}\n`, `${SHOWN}\n`]);
      }
    },
  );

  it('stands in columns that are as wide as what is shown', () => {
    const rows = [
      ['campaign', 'clicks'],
      ['a\u202eb\nc', '7'],
    ];
    expect(tableText(rows).split('\n')).toEqual([
      'campaign         clicks',
      String.raw`a\u202eb\u000ac  7`,
    ]);
  });
});
