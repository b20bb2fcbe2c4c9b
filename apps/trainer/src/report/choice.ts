import { ageInWords, choiceRules, type ModelCard, type ModelChoice } from '@adscale/ctr';

type Compared = ModelChoice['compared'][number];

/** What kinds of models are called in a sentence. */
export const kindNames: Readonly<Record<ModelChoice['kind'], string>> = {
  average: 'the average CTR',
  forest: 'the forest',
  boosted: 'the boosted model',
  blend: 'the blend of forest and boosted model',
};

/** How a model was chosen, in sentences; none if nothing was. */
export function tellChoice({ choice, split }: Pick<ModelCard, 'choice' | 'split'>): string[] {
  if (choice === undefined) return [];
  return [
    ...tellKind(choice),
    ...tellWeights(choice),
    ...(choice.half_life === undefined
      ? []
      : [
          `A row counts half as much as one that is ${ageInWords(choice.half_life, split)} younger: the latest rows were predicted better so, beyond one standard error.`,
        ]),
    ...(choice.calibration === undefined
      ? []
      : [
          `Predictions are corrected by a ${choice.calibration === 'platt' ? 'logistic (Platt)' : 'monotone (isotonic)'} calibration, which loses less on folds that it was not fitted to.`,
        ]),
  ];
}

/** Was a kind of model asked for, so that comparison decided nothing? */
export function isAskedFor({ compared }: ModelChoice): boolean {
  return compared.length < 2 || compared[0].kind !== 'average';
}

function tellKind(choice: ModelChoice): string[] {
  const { kind, compared, folds, repeats } = choice;
  const dealt = `${folds} folds${repeats > 1 ? `, dealt ${repeats} times` : ''}`;
  const judged = `Each row is predicted by members that left it out: ${dealt}.`;
  const others = compared.filter((one) => one.kind !== kind);
  if (others.length === 0) {
    return [`${capital(kindNames[kind])} was asked for; nothing was compared with it. ${judged}`];
  }
  const best = compared.find(({ behind }) => behind === 0)!;
  const why = isAskedFor(choice)
    ? `${capital(kindNames[kind])} was asked for.`
    : kind === 'average'
      ? averageReason(best, compared)
      : chosenReason(kind, best);
  const rest =
    kind === 'average' && !isAskedFor(choice) ? others.filter((one) => one !== best) : others;
  return [`${why} ${judged}`, ...rest.map((one) => tellRival(one, best, choice))];
}

function averageReason(best: Compared, compared: readonly Compared[]): string {
  const average = compared[0];
  if (best.kind === 'average') {
    return 'The average CTR was chosen: no other model loses less on rows that it left out.';
  }
  return `The average CTR was chosen: ${kindNames[best.kind]} is ${ne(average.behind)} NE better out of fold, ${errors(average)}, where ${choiceRules.beyondChance} are wanted, which chance makes one time in twenty, and ${choiceRules.leastGain} NE.`;
}

function chosenReason(kind: ModelChoice['kind'], best: Compared): string {
  const name = capital(kindNames[kind]);
  return best.kind === kind
    ? `${name} was chosen: it loses least (NE ${best.normalised_entropy.toFixed(4)} out of fold), and no simpler model is within one standard error or ${choiceRules.unnoticed} NE of it.`
    : `${name} was chosen: it is the simplest model within one standard error or ${choiceRules.unnoticed} NE of the best.`;
}

/** One of the models that was not chosen, beside the best of all and the chosen one. */
function tellRival(rival: Compared, best: Compared, { kind, compared }: ModelChoice): string {
  const name = capital(kindNames[rival.kind]);
  if (rival === best) {
    const chosen = compared.find((one) => one.kind === kind)!;
    return `${name} is ${ne(chosen.behind)} NE better out of fold, ${errors(chosen)}: too little to tell from chance.`;
  }
  const beside = best.kind === kind ? '' : ` than ${kindNames[best.kind]}`;
  if (rival.behind <= Math.max(rival.standard_error, choiceRules.unnoticed)) {
    return `${name} adds nothing: it is ${ne(rival.behind)} NE worse${beside} out of fold, ${errors(rival)}.`;
  }
  return `${name} is ${ne(rival.behind)} NE worse${beside} out of fold, ${errors(rival)}.`;
}

function tellWeights({ weights }: ModelChoice): string[] {
  if (weights === undefined) return [];
  const { kind, intra_row_correlation: rho, compared } = weights;
  if (!(rho > 0)) {
    return [
      'A row counts by its impressions: rows are not shown to differ by more than binomial chance.',
    ];
  }
  const reason =
    kind === 'impressions'
      ? 'no other way is better by more than one standard error'
      : 'it loses less on rows left out, by more than one standard error';
  const tried = compared.map(
    (one) => `${one.kind.replace('_', ' ')} ${one.normalised_entropy.toFixed(4)}`,
  );
  return [
    `Rows differ by more than binomial chance (ρ ${rho.toPrecision(3)}). A row counts by ${weightNames[kind]}: ${reason} (NE ${tried.join(', ')}).`,
  ];
}

/** What a row of n impressions counts. */
export const weightNames: Readonly<Record<NonNullable<ModelChoice['weights']>['kind'], string>> = {
  impressions: 'its impressions',
  effective: 'its effective impressions, n / (1 + (n − 1) ρ)',
  square_root: 'the square root of its effective impressions',
};

function errors({ behind, standard_error: error }: Compared): string {
  if (!(error > 0)) return 'without an error to tell';
  const times = behind / error;
  return `${times < 10 ? times.toFixed(1) : Math.round(times)} standard errors`;
}

const ne = (difference: number): string => difference.toFixed(4);

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
