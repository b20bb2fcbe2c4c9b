import { rhoBySize, unsampled, type ModelCard, type Trained } from '@adscale/ctr';
import { tellChoice } from './choice.js';
import { effectOf, importances, type Effect, type Importance } from './effects.js';
import { fitPoints, residualsBy, type FitPoints, type Residuals } from './fit.js';
import { heatMap, type HeatMap } from './heat-map.js';
import { learningCurve, type LearningCurve } from './learning-curve.js';
import { profileFeatures, viewFeature, type FeatureProfile } from './levels.js';
import { findWarnings, type Warning } from './warnings.js';
import { weeksAhead, type WeekAhead } from './weeks.js';

/** Everything that the report shows, as `report.json` has it. */
export interface ReportDocument {
  readonly card: ModelCard;
  readonly warnings: readonly Warning[];
  readonly profile: readonly FeatureProfile[];
  /** Of a forest that is judged out of bag; null for a model that was chosen among others. */
  readonly learning_curve: LearningCurve | null;
  /** How the kind of model was chosen, in sentences; none if a forest was asked for. */
  readonly how_chosen: readonly string[];
  readonly fit: FitPoints;
  readonly residuals: readonly Residuals[];
  /** Where rows were held out by time: how the model does week after week. */
  readonly weeks_ahead: readonly WeekAhead[];
  readonly importances: readonly Importance[];
  readonly effects: readonly Effect[];
  readonly heat_map: HeatMap | null;
}

/** So many features get a figure of their own, the most important ones. */
const FIGURED_FEATURES = 8;

/**
 * Looks at a trained model from all sides; takes a second or two, of a model of thousands of trees ten times as long.
 * @param notes what reading the data had to say, in words: dirty rows, features that leak
 */
export function describeModel(trained: Trained, notes: readonly string[] = []): ReportDocument {
  const { card, encoding, predicted } = trained;
  // What is drawn is counted in impressions as they were before a log was sampled.
  const drawn = {
    ...trained,
    training: unsampled(trained.training),
    heldOut: unsampled(trained.heldOut),
  };
  const { training, heldOut } = drawn;
  const { features } = training.features.schema;
  const views = features.map((_, f) => viewFeature(training, f, encoding));
  // The average answers every record alike: there is nothing to look into.
  const isLevel = card.choice?.kind === 'average';
  const ranked = isLevel ? [] : importances(trained);
  // Crosses are no features of a record, and have no figure.
  const rankedViews = ranked.flatMap(({ feature }) =>
    views.filter(({ f }) => features[f].name === feature),
  );
  const { overdispersion } = card.held_out;
  const options = {
    ...(overdispersion && { rhoOf: rhoBySize(overdispersion) }),
    ...(card.split.by === 'group' && heldOut.group && { groups: heldOut.group }),
  };
  const figured = rankedViews.slice(0, FIGURED_FEATURES);
  const judged = isLevel ? views.slice(0, FIGURED_FEATURES) : figured;
  const residuals = judged.map((view) => residualsBy(view, heldOut, predicted, options));
  const curve = card.choice === undefined ? learningCurve(trained) : null;
  return {
    card,
    warnings: findWarnings({ card, heldOut, curve, importances: ranked, residuals, notes }),
    profile: profileFeatures(training, views, card.choice?.words),
    learning_curve: curve,
    how_chosen: tellChoice(card),
    fit: fitPoints(heldOut, predicted),
    residuals,
    weeks_ahead: weeksAhead(trained),
    importances: ranked,
    effects: figured.map((view) => effectOf(drawn, view)),
    heat_map: heatMap(drawn, rankedViews),
  };
}
