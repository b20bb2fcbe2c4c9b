import type { CtrModel } from '@adscale/ctr';
import {
  type ExplainedPrediction,
  type ExplanationMethod,
  explanationMethods,
} from '@adscale/forest';
import { ApiProperty, ApiPropertyOptional, IntersectionType } from '@nestjs/swagger';

/** An explanation as it is answered. Numbers are not rounded, so that they add up. */
export class ExplanationAnswer {
  @ApiProperty({
    type: 'number',
    example: 0.0312,
    description:
      'What is predicted of a placement that nothing is known of: the mean over the background. ' +
      'On the scale that scale says.',
  })
  base_value!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description:
      'How much knowing each feature moves the prediction away from base_value: one number a ' +
      'feature, of a word too, and one a pair of features that counts as a word of its own.',
  })
  contributions!: Record<string, number>;

  @ApiPropertyOptional({
    type: 'number',
    description:
      'What calibration adds after the trees. Only with tree_shap, and only for a calibrated ' +
      'model: interventional_shapley explains calibration too.',
  })
  calibration?: number;

  @ApiProperty({
    type: 'number',
    example: 0.08471,
    description:
      'The prediction before it is clamped to 0.0001 … 1 and rounded: base_value + the ' +
      'contributions, turned back from the scale if it is another, + calibration, if there is one.',
  })
  unrounded_ctr!: number;

  @ApiProperty({
    enum: explanationMethods,
    description:
      'interventional_shapley: exact Shapley values against the background sample in the model ' +
      'card, up to 12 features. tree_shap: path-dependent TreeSHAP, for models without a ' +
      'background or with more features.',
  })
  method!: ExplanationMethod;

  @ApiProperty({
    enum: ['prediction', 'log_odds', 'logarithm'],
    description:
      'What base_value and the contributions add up to: the prediction itself or, with tree_shap ' +
      'of a boosted model, its log-odds (or its logarithm).',
  })
  scale!: string;

  @ApiProperty({ type: 'integer', description: 'Rows of the background; 0 with tree_shap.' })
  background_rows!: number;
}

/** What else is said of a prediction wherever more than the number is asked for. */
export class RemarksAnswer {
  @ApiProperty({
    type: [String],
    example: [],
    description:
      'Features, or pairs of them, in which the record lies outside the training data. A word that ' +
      'was not seen, or too rarely, is answered by what is above it.',
  })
  extrapolated!: readonly string[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'What the record lacks and was held at a value: a bias of the model.',
  })
  held_at?: Readonly<Record<string, number | string>>;
}

/** What `POST /explain` answers. */
export class ExplainAnswer extends IntersectionType(ExplanationAnswer, RemarksAnswer) {
  @ApiProperty({
    type: 'number',
    minimum: 0.0001,
    maximum: 1,
    example: 0.0847,
    description: 'What POST /predict_ctr answers: unrounded_ctr, clamped and to four decimals.',
  })
  predicted_ctr!: number;

  @ApiProperty({ example: '20260101-120000-3fa1c2d4' })
  model_version!: string;
}

/** An interval as it is answered, for the documentation. */
export class IntervalAnswer {
  @ApiProperty({ type: 'number', example: 0.9, description: 'As asked for.' })
  level!: number;

  @ApiProperty({ type: 'number', minimum: 0, maximum: 1, example: 0.0771 })
  low!: number;

  @ApiProperty({ type: 'number', minimum: 0, maximum: 1, example: 0.0923 })
  high!: number;
}

export function explanationAnswer(
  { explainedNames, forest }: CtrModel,
  explanation: ExplainedPrediction,
): ExplanationAnswer {
  const { base, values, calibration, prediction, method, backgroundRows } = explanation;
  const named = explainedNames.map((name, g): [string, number] => [name, values[g]]);
  return {
    base_value: base,
    contributions: Object.fromEntries(named),
    ...(method === 'tree_shap' && forest.calibration !== null && { calibration }),
    unrounded_ctr: prediction,
    method,
    scale: scaleOf(explanation),
    background_rows: backgroundRows,
  };
}

function scaleOf({ scale, link }: ExplainedPrediction): string {
  if (scale === 'prediction') return scale;
  return link === 'logit' ? 'log_odds' : 'logarithm';
}

/**
 * Where a row lies outside the training data, and what its record lacks and is held at.
 * @param row read from `record`
 */
export function remarksOf(model: CtrModel, row: ArrayLike<number>, record: object): RemarksAnswer {
  const held = model.contract.heldIn(record);
  const isHeld = Object.keys(held).length > 0;
  return { extrapolated: model.extrapolated(row), ...(isHeld && { held_at: held }) };
}
