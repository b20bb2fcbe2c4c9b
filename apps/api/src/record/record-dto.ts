import type { FieldContract, RecordContract } from '@adscale/ctr';
import type { Type } from '@nestjs/common';
import { ApiProperty, type ApiPropertyOptions, ApiSchema } from '@nestjs/swagger';
import { ValidateBy } from 'class-validator';

/** Name of a record in the OpenAPI document. */
export const REQUEST_NAME = 'PredictRequest';

/**
 * Makes the class of a prediction's request from the contract of its record: for each field a
 * property with class-validator and Swagger decorators. So a model of other features has a
 * validated, documented request of its own.
 * @throws Error if a feature's name is one that every JavaScript object already has
 */
export function recordDto({ fields }: RecordContract): Type<object> {
  class PredictRequest {}
  for (const field of fields) {
    if (field.name in Object.prototype) {
      throw new Error(`a feature cannot be served under the name ${field.name}`);
    }
    const decorators = [validatorOf(field), ApiProperty(propertyOf(field))];
    decorators.forEach((decorate) => decorate(PredictRequest.prototype, field.name));
  }
  ApiSchema({ name: REQUEST_NAME, description: 'An ad placement.' })(PredictRequest);
  return PredictRequest;
}

function validatorOf(field: FieldContract): PropertyDecorator {
  const validate = (value: unknown) => field.accepts(value);
  return ValidateBy({ name: 'recordContract', validator: { validate } }, { message: field.words });
}

/** The library's types are still those of OpenAPI 3.0, where an exclusive bound is a boolean. */
function propertyOf({ jsonSchema, optional }: FieldContract): ApiPropertyOptions {
  if (!optional) return { required: true, ...jsonSchema } as object;
  const { description, example, ...value } = jsonSchema;
  const text = { ...(description && { description }), ...(example !== undefined && { example }) };
  return { required: false, ...text, oneOf: [value, { type: 'null' }] } as object;
}
