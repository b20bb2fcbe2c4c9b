import type { Feature, Schema } from '@adscale/forest';
import type { Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions, ApiSchema } from '@nestjs/swagger';
import { IsIn, IsInt, IsNumber, Max, Min, ValidateBy } from 'class-validator';
import type { FeatureValues } from '../model/schema.js';
import { ruleOf } from '../predict/rule.js';

/** Name of the request body in the OpenAPI document. */
export const REQUEST_NAME = 'PredictRequest';

/**
 * Makes the class of a prediction request from a model's schema: a property for each feature, with
 * class-validator and Swagger decorators that follow from it. A model with other features so gets
 * its own validated, documented request.
 * @throws Error when a feature's name is one that every JavaScript object already has
 */
export function dtoFromSchema(schema: Schema): Type<FeatureValues> {
  class PredictRequest {}
  for (const feature of schema.features) {
    if (feature.name in Object.prototype) {
      throw new Error(`a feature cannot be served under the name ${feature.name}`);
    }
    const decorators = [...validatorsOf(feature), ApiProperty(documentationOf(feature))];
    decorators.forEach((decorate) => decorate(PredictRequest.prototype, feature.name));
  }
  ApiSchema({ name: REQUEST_NAME, description: 'An ad placement.' })(PredictRequest);
  return PredictRequest as Type<FeatureValues>;
}

function validatorsOf(feature: Feature): PropertyDecorator[] {
  const said = { message: ruleOf(feature) };
  if (feature.kind === 'categorical') return [IsIn([...feature.categories], said)];
  const { minimum, maximum } = feature;
  const exclusive = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return [
    feature.kind === 'integer' ? IsInt(said) : IsNumber({}, said),
    ...(minimum === undefined ? [] : [Min(minimum, said)]),
    ...(maximum === undefined ? [] : [Max(maximum, said)]),
    ...(exclusive === undefined ? [] : [MoreThan(exclusive, said)]),
  ];
}

/** class-validator has `Min`, which includes its bound, and none that excludes it. */
function MoreThan(bound: number, said: { message: string }): PropertyDecorator {
  const validate = (value: unknown) => typeof value === 'number' && value > bound;
  return ValidateBy({ name: 'moreThan', constraints: [bound], validator: { validate } }, said);
}

function documentationOf(feature: Feature): ApiPropertyOptions {
  const { description, example } = feature;
  const text = {
    required: true,
    ...(description !== undefined && { description }),
    ...(example !== undefined && { example }),
  };
  if (feature.kind === 'categorical') {
    return { ...text, type: 'string', enum: [...feature.categories] };
  }
  const { minimum, maximum } = feature;
  const exclusiveMinimum = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  return {
    ...text,
    type: feature.kind === 'integer' ? 'integer' : 'number',
    ...(minimum !== undefined && { minimum }),
    ...(maximum !== undefined && { maximum }),
    // A number since OpenAPI 3.1; the library's types are still those of 3.0, a boolean.
    ...(exclusiveMinimum !== undefined && ({ exclusiveMinimum } as object)),
  };
}
