import { modelNoun, noticeableOverdispersion, type Evaluation, type ModelCard } from '@adscale/ctr';
import type { ReportDocument } from '../report/report.js';
import { choiceSection } from './choice-section.js';
import { figureMarkup, type Figure } from './chart.js';
import { effectFigure, importanceFigure, residualFigure } from './feature-figures.js';
import { fitFigure, learningFigures, reliabilityFigure } from './fit-figures.js';
import { heatMapFigure } from './heat-map-figure.js';
import { escapeText, tellExactly, tellShare } from './markup.js';
import { style } from './style.js';
import {
  baselinesTable,
  foldsTable,
  makingTable,
  metricsTable,
  profileTable,
  segmentsTable,
  sizesTable,
  tuningTable,
  weeksTable,
  withoutTable,
} from './tables.js';

/** The report as one HTML file that needs nothing else: no script, no address outside. */
export function renderPage(document: ReportDocument): string {
  const { card } = document;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>CTR model report: ${escapeText(card.source)}</title>
<style>${style}</style>
</head>
<body>
${header(card)}
<main>
${section('What to know first', warnings(document))}
${section('How good it is', judgement(document))}
${section('Predicted and observed', figures([fitFigure(document.fit), reliabilityFigure(card.held_out.reliability)]))}
${document.importances.length === 0 ? '' : section('What it rests on', figures(explanations(document)))}
${section('Where it is off', `${figures(document.residuals.map(residualFigure))}${segments(card)}`)}
${document.weeks_ahead.length === 0 ? '' : section('How it ages', ageing(document))}
${learning(document)}
${section('The data it learned from', profileTable(document.profile))}
${section('How it was made', making(card))}
</main>
</body>
</html>
`;
}

function section(title: string, body: string): string {
  return `<section><h2>${title}</h2>\n${body}\n</section>`;
}

function figures(list: readonly Figure[]): string {
  return `<div class="figures">${list.map(figureMarkup).join('\n')}</div>`;
}

function explanations({ importances, effects, heat_map: heat }: ReportDocument): Figure[] {
  return [
    importanceFigure(importances),
    ...effects.map(effectFigure),
    ...(heat === null ? [] : [heatMapFigure(heat)]),
  ];
}

function header(card: ModelCard): string {
  const { held_out: heldOut, training } = card;
  const day = card.created_at.slice(0, 16).replace('T', ' ');
  const coverage = heldOut.coverage.find(({ level }) => level === 0.9);
  const keys = [
    key(
      'Normalised entropy',
      heldOut.normalised_entropy.toFixed(4),
      range(heldOut, 'normalised_entropy'),
    ),
    key(
      'R² by impressions',
      heldOut.observed.weighted_r2.toFixed(4),
      range(heldOut, 'observed.weighted_r2'),
    ),
    key(
      'Calibration',
      heldOut.calibration_ratio.toFixed(3),
      range(heldOut, 'calibration_ratio', 3),
    ),
    ...(heldOut.auc === null ? [] : [key('AUC', heldOut.auc.toFixed(3), range(heldOut, 'auc', 3))]),
    ...(coverage === undefined
      ? []
      : [key('90 % intervals hold', tellShare(coverage.share), 'of held-out rows')]),
  ];
  return `<header>
<h1>CTR model report</h1>
<p>${escapeText(card.source)}, ${day} UTC. Learned from ${tellExactly(training.rows)} rows (${tellExactly(training.impressions)} impressions), judged on ${tellExactly(heldOut.rows)} rows that it did not see.</p>
<dl class="key">${keys.join('')}</dl>
</header>`;
}

function key(name: string, value: string, note: string): string {
  return `<div><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`;
}

function range({ bootstrap }: Evaluation, name: string, digits = 4): string {
  const interval = bootstrap.intervals[name];
  if (!interval) return '';
  return `${interval[0].toFixed(digits)} to ${interval[1].toFixed(digits)}`;
}

function warnings({ warnings: list }: ReportDocument): string {
  if (list.length === 0) {
    return '<p>Nothing stands out: calibration, intervals and the comparison with simpler predictions are as they should be.</p>';
  }
  const items = list.map(({ weight, text }) => {
    const mark = weight === 'serious' ? '<b>Serious.</b> ' : '';
    return `<li class="${weight}">${mark}${escapeText(text)}</li>`;
  });
  return `<ul class="warnings">${items.join('')}</ul>`;
}

function judgement({ card }: ReportDocument): string {
  const { bootstrap } = card.held_out;
  const level = `${100 * bootstrap.level} %`;
  return `<p class="soft">Intervals hold ${level}, by ${bootstrap.replicates} bootstrap replicates of ${bootstrap.resampled}.</p>
<div class="pair"><div><h3>Metrics on held-out rows</h3>${metricsTable(card.held_out)}</div>
<div><h3>Beside simpler predictions</h3>${baselinesTable(card)}
<p class="soft">Below 0, the ${modelNoun(card)} is better; an interval that holds 0 says that it may not be.</p>
${card.cross_validation === undefined ? '' : `<h3>Over ${card.cross_validation.folds} folds</h3>${foldsTable(card.cross_validation)}`}</div></div>${without(card)}`;
}

/** Calibration of each segment, and how rows differ by more than chance. */
function segments({ segments: all = [], held_out: heldOut }: ModelCard): string {
  const overdispersion = noticeableOverdispersion(heldOut);
  const told =
    all.length === 0
      ? ''
      : `<h3>Calibration by segment</h3>
<p class="soft">Predicted over observed clicks with 95 % intervals of each by itself, which allow for rows that differ by more than binomial chance. “Off” is said after correction for looking at so many (Holm, 5 %).</p>
<details><summary>All ${all.length} segments</summary>${segmentsTable(all)}</details>`;
  if (overdispersion === undefined) return told;
  return `${told}<h3>Rows differ by more than binomial chance</h3>
<p class="soft">ρ is the correlation of impressions of one row (beta-binomial), around the model’s own predictions: it holds what the model misses, too. Alike for rows of all sizes, it is likely the rows’ own. The ceiling of binomial chance is the most that R² could reach, the one with ρ the least.</p>
${sizesTable(overdispersion)}`;
}

/** What more trees bring, or what the model was compared with. */
function learning({ learning_curve: curve, card, how_chosen: sentences }: ReportDocument): string {
  if (curve !== null) return section('Would more trees help', figures(learningFigures(curve)));
  return section('How the model was chosen', choiceSection(card.choice!, sentences));
}

function ageing({ weeks_ahead: weeks }: ReportDocument): string {
  return `<p class="soft">Held-out rows by weeks after the first moment that was held out. NE is log loss over that of the week’s own average CTR.</p>${weeksTable(weeks)}`;
}

/** The metrics without a row that dominates them. */
function without({ dominant_rows: rows, held_out: all }: ModelCard): string {
  const judged = rows?.held_out;
  if (judged === undefined) return '';
  return `<h3>With and without the row of ${tellShare(judged.share)} of the impressions</h3>${withoutTable(all, judged.without)}`;
}

function making(card: ModelCard): string {
  const mapping =
    card.mapping === undefined
      ? ''
      : `<details><summary>Mapping</summary><pre>${escapeText(JSON.stringify(card.mapping, null, 2))}</pre></details>`;
  const tuning =
    card.tuning === undefined ? '' : `<h3>Settings that were tried</h3>${tuningTable(card.tuning)}`;
  return `${makingTable(card)}${mapping}${tuning}`;
}
