import type { Trained } from '@adscale/ctr';
import { describeModel } from '../report/report.js';

/** The files of a model's report, for people and for programs. @param notes on its data */
export async function renderReport(
  trained: Trained,
  notes: readonly string[],
): Promise<Readonly<Record<'report.html' | 'report.json', string>>> {
  // Examples of bad rows follow in further lines of a note; a report need not list them.
  const firstLines = notes.map((note) => note.split('\n', 1)[0]);
  const document = describeModel(trained, firstLines);
  // The plotting library is read only where something is plotted.
  const { renderPage } = await import('../page/page.js');
  return {
    'report.html': renderPage(document),
    'report.json': `${JSON.stringify(document, null, 1)}\n`,
  };
}
