import type { Trained } from '@adscale/ctr';
import { describeModel } from './document.js';

/** A report for people and the same for programs. */
export interface Report {
  /** One self-contained file. */
  readonly html: string;
  readonly json: string;
}

export interface ReportOptions {
  /** What reading the data had to say, in words: dirty rows, features that leak. */
  readonly notes?: readonly string[];
}

/** Looks at a trained model from all sides; takes a second or two. */
export async function renderReport(
  trained: Trained,
  { notes = [] }: ReportOptions = {},
): Promise<Report> {
  const document = describeModel(trained, notes);
  // The plotting library is read only where something is plotted.
  const { renderPage } = await import('../page/page.js');
  return { html: renderPage(document), json: `${JSON.stringify(document, null, 1)}\n` };
}
