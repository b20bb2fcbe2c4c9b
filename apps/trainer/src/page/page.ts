import type { Evaluation, ModelCard } from '@adscale/ctr';
import type { ReportDocument } from '../report/report.js';
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
  tuningTable,
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
${section('What it rests on', figures(explanations(document)))}
${section('Where it is off', figures(document.residuals.map(residualFigure)))}
${section('Would more trees help', figures(learningFigures(document.learning_curve)))}
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
<p class="soft">Below 0, the forest is better; an interval that holds 0 says that it may not be.</p>
${card.cross_validation === undefined ? '' : `<h3>Over ${card.cross_validation.folds} folds</h3>${foldsTable(card.cross_validation)}`}</div></div>`;
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
