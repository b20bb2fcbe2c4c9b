import type { CtrModel } from '@adscale/ctr';
import {
  type ExplainedPrediction,
  type ExplanationMethod,
  explanationMethods,
} from '@adscale/forest';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

/** An explanation as it is answered. Numbers are not rounded, so that they add up. */
export class ExplanationAnswer {
  @ApiProperty({
    type: 'number',
    example: 0.0312,
    description:
      'What is predicted of a placement that nothing is known of: the mean over the background.',
  })
  base_value!: number;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'number' },
    description: 'How much knowing each feature moves the prediction away from base_value.',
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
      'contributions + calibration, if there is one.',
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

  @ApiProperty({ type: 'integer', description: 'Rows of the background; 0 with tree_shap.' })
  background_rows!: number;
}

/** What `POST /explain` answers. */
export class ExplainAnswer extends ExplanationAnswer {
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
  { schema, forest }: CtrModel,
  explanation: ExplainedPrediction,
): ExplanationAnswer {
  const { base, values, calibration, prediction, method, backgroundRows } = explanation;
  const named = schema.features.map(({ name }, f): [string, number] => [name, values[f]]);
  return {
    base_value: base,
    contributions: Object.fromEntries(named),
    ...(method === 'tree_shap' && forest.calibration !== null && { calibration }),
    unrounded_ctr: prediction,
    method,
    background_rows: backgroundRows,
  };
}
