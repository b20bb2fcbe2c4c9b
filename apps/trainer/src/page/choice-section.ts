import type { ModelChoice } from '@adscale/ctr';
import type { CustomSeriesOption } from 'echarts';
import { kindNames } from '../report/choice.js';
import { plot, xValues, yWords } from './axes.js';
import { figureMarkup, tokens, type Figure } from './chart.js';
import { escapeText, tableOf, tellExactly } from './markup.js';

type Compared = ModelChoice['compared'][number];

/** How the kind of model was chosen: sentences, a picture of the comparison, and its numbers. */
export function choiceSection(choice: ModelChoice, sentences: readonly string[]): string {
  const told = sentences.map((text) => `<p>${escapeText(text)}</p>`).join('');
  const figure =
    choice.compared.length > 1
      ? `<div class="figures">${figureMarkup(comparisonFigure(choice))}</div>`
      : '';
  return `${told}${figure}${weightsTable(choice)}${wordsTable(choice)}`;
}

const names: Readonly<Record<ModelChoice['kind'], string>> = {
  average: 'average CTR',
  forest: 'forest',
  boosted: 'boosted',
  blend: 'blend',
};

/** A kind that is so many times as far behind as the next would leave the others no room. */
const FAR = 3;

/** NE behind the best with its standard error, one line a kind. */
export function comparisonFigure({ kind, compared, blend }: ModelChoice): Figure {
  const { shown, far } = drawn(compared);
  const room = 110;
  const spans = shown.map((one): [string, number, number] => {
    const { behind, standard_error: error } = one;
    return [names[one.kind], Math.max(0, behind - error), behind + error];
  });
  const dotsOf = (isChosen: boolean, colour: string) => ({
    type: 'scatter' as const,
    silent: true,
    symbolSize: isChosen ? 13 : 9,
    itemStyle: { color: colour },
    data: shown
      .filter((one) => (one.kind === kind) === isChosen)
      .map((one) => [one.behind, names[one.kind]]),
    z: 3,
  });
  const outside = far.map(
    (one) =>
      ` ${capital(kindNames[one.kind])}, ${one.behind.toFixed(4)} behind, lies outside the picture.`,
  );
  return {
    id: 'choice',
    title: 'Models compared on rows that they left out',
    caption: `Out-of-fold NE less that of the best; the bars are one standard error of the difference. The large dot is the model that was published.${outside.join('')}`,
    size: 'full',
    height: 76 + 34 * shown.length,
    option: {
      grid: { ...plot, left: room + 12, top: 12 },
      xAxis: xValues({
        name: 'NE behind the best',
        grid: true,
        min: 0,
        format: (behind) => String(Number(behind.toPrecision(3))),
      }),
      yAxis: yWords(
        shown.map((one) => names[one.kind]),
        room,
      ),
      series: [
        horizontals(spans, tokens.accent),
        dotsOf(false, tokens.accent),
        dotsOf(true, tokens.contrast),
      ],
    },
    table: {
      head: ['model', 'out-of-fold NE', 'behind the best', 'standard error', ''],
      rows: compared.map((one) => [
        names[one.kind] +
          (one.kind === 'blend' && blend ? ` (${Math.round(100 * blend.forest)} % forest)` : ''),
        one.normalised_entropy.toFixed(4),
        one.behind.toFixed(4),
        one.standard_error.toFixed(4),
        one.kind === kind ? 'published' : '',
      ]),
      right: [1, 2, 3],
    },
  };
}

/** Without the average where it is so far behind that nothing could be told of the others. */
function drawn(compared: readonly Compared[]): {
  shown: readonly Compared[];
  far: readonly Compared[];
} {
  const reach = ({ behind, standard_error: error }: Compared): number => behind + error;
  const others = compared.filter((one) => one.kind !== 'average');
  const farthest = Math.max(...others.map(reach));
  const isFar = (one: Compared): boolean =>
    one.kind === 'average' && others.length > 1 && reach(one) > FAR * farthest;
  return { shown: compared.filter((one) => !isFar(one)), far: compared.filter(isFar) };
}

function horizontals(
  lines: readonly (readonly [name: string, from: number, to: number])[],
  colour: string,
): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    renderItem: (_, api) => {
      const [from, y] = api.coord([api.value(1), api.value(0)]);
      const [to] = api.coord([api.value(2), api.value(0)]);
      return {
        type: 'line',
        silent: true,
        shape: { x1: from, y1: y, x2: to, y2: y },
        style: { stroke: colour, lineWidth: 2 },
      };
    },
    data: lines.map((line) => [...line]),
    encode: { x: [1, 2], y: 0 },
    z: 2,
  };
}

function weightsTable({ weights }: ModelChoice): string {
  if (weights === undefined || weights.compared.length < 2) return '';
  return `<h3>How rows could count</h3>${tableOf({
    head: ['a row counts by', 'out-of-fold NE', ''],
    rows: weights.compared.map(({ kind, normalised_entropy: ne }) => [
      kind.replace('_', ' '),
      ne.toFixed(4),
      kind === weights.kind ? 'taken' : '',
    ]),
    right: [1],
  })}`;
}

function wordsTable({ words }: ModelChoice): string {
  if (words === undefined || words.length === 0) return '';
  return `<h3>Statistics of words</h3>
<p class="soft">A word’s CTR is smoothed towards that of its parent, which counts as many impressions as its strength says. Words of which too little is known are forgotten; like new ones, they are answered by the parent.</p>
${tableOf({
  head: ['words', 'parent', 'seen', 'kept', 'strength', 'ρ within words'],
  rows: words.map((level) => [
    level.name,
    level.parent ?? 'the average',
    level.seen,
    level.known,
    level.strength >= 1e9 ? 'all alike' : tellExactly(Number(level.strength.toPrecision(3))),
    String(Number(level.intra_row_correlation.toPrecision(3))),
  ]),
  right: [4, 5],
})}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
