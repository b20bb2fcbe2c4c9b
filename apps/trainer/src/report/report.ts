import { unsampled, type ModelCard, type Trained } from '@adscale/ctr';
import { effectOf, importances, type Effect, type Importance } from './effects.js';
import { fitPoints, residualsBy, type FitPoints, type Residuals } from './fit.js';
import { heatMap, type HeatMap } from './heat-map.js';
import { learningCurve, type LearningCurve } from './learning-curve.js';
import { profileFeatures, viewFeature, type FeatureProfile } from './levels.js';
import { findWarnings, type Warning } from './warnings.js';

/** Everything that the report shows, as `report.json` has it. */
export interface ReportDocument {
  readonly card: ModelCard;
  readonly warnings: readonly Warning[];
  readonly profile: readonly FeatureProfile[];
  readonly learning_curve: LearningCurve;
  readonly fit: FitPoints;
  readonly residuals: readonly Residuals[];
  readonly importances: readonly Importance[];
  readonly effects: readonly Effect[];
  readonly heat_map: HeatMap | null;
}

/** So many features get a figure of their own, the most important ones. */
const FIGURED_FEATURES = 8;

/**
 * Looks at a trained model from all sides; takes a second or two.
 * @param notes what reading the data had to say, in words: dirty rows, features that leak
 */
export function describeModel(trained: Trained, notes: readonly string[] = []): ReportDocument {
  const { card, forest, predicted } = trained;
  // What is drawn is counted in impressions as they were before a log was sampled.
  const drawn = {
    ...trained,
    training: unsampled(trained.training),
    heldOut: unsampled(trained.heldOut),
  };
  const { training, heldOut } = drawn;
  const { features } = forest.schema;
  const views = features.map((_, f) => viewFeature(training, f));
  const ranked = importances(trained);
  const rankedViews = ranked.map(
    ({ feature }) => views[features.findIndex(({ name }) => name === feature)],
  );
  const figured = rankedViews.slice(0, FIGURED_FEATURES);
  const residuals = figured.map((view) => residualsBy(view, heldOut, predicted));
  const curve = learningCurve(trained);
  return {
    card,
    warnings: findWarnings({ card, heldOut, curve, importances: ranked, residuals, notes }),
    profile: profileFeatures(training, views),
    learning_curve: curve,
    fit: fitPoints(heldOut, predicted),
    residuals,
    importances: ranked,
    effects: figured.map((view) => effectOf(drawn, view)),
    heat_map: heatMap(drawn, rankedViews),
  };
}
