import type { RecordContract } from '@adscale/ctr';
import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional, ApiResponse } from '@nestjs/swagger';
import { exampleRequests } from '../record/record-examples.js';
import { modelMetadata, OUTPUT, type TensorMetadata } from './inference-metadata.js';

/** An error as the protocol has it. */
class InferenceError {
  @ApiProperty({ example: 'INVALID_INFERENCE: inputs is missing, wanted tensors' })
  error!: string;
}

/** Documents the statuses that a route may fail with. */
export function ApiInferenceErrors(...statuses: readonly number[]): MethodDecorator {
  const description = 'Refused; the text begins with one of the problem codes.';
  return applyDecorators(
    ...statuses.map((status) => ApiResponse({ status, type: InferenceError, description })),
  );
}

export class LiveAnswer {
  @ApiProperty()
  live!: boolean;
}

export class ReadyAnswer {
  @ApiProperty()
  ready!: boolean;
}

export class ModelReadyAnswer extends ReadyAnswer {
  @ApiProperty({ example: 'ctr' })
  name!: string;
}

class TensorShape {
  @ApiProperty({ example: OUTPUT })
  name!: string;

  @ApiProperty({ example: 'FP64' })
  datatype!: string;

  @ApiProperty({ type: [Number], example: [1], description: '-1 in metadata: any size.' })
  shape!: number[];
}

class TensorData extends TensorShape {
  @ApiPropertyOptional({
    type: 'array',
    items: {},
    description:
      'In row-major order, flat or nested as the shape says; left out where it follows the JSON as ' +
      'binary data.',
  })
  data?: readonly unknown[];

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description:
      'binary_data_size: bytes of its binary data, which follows the JSON. Others mean nothing.',
  })
  parameters?: object;
}

export class ServerMetadataAnswer {
  @ApiProperty({ example: 'adscale' })
  name!: string;

  @ApiProperty({ example: '0.1.0' })
  version!: string;

  @ApiProperty({ type: [String], example: ['binary_tensor_data'] })
  extensions!: string[];
}

export class ModelMetadataAnswer {
  @ApiProperty({ example: 'ctr' })
  name!: string;

  @ApiProperty({ type: [String], example: ['20260101-120000-3fa1c2d4'] })
  versions!: string[];

  @ApiProperty({ example: 'adscale_forest' })
  platform!: string;

  @ApiProperty({ type: [TensorShape] })
  inputs!: TensorShape[];

  @ApiProperty({ type: [TensorShape] })
  outputs!: TensorShape[];
}

class OutputName {
  @ApiProperty({ example: OUTPUT })
  name!: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'binary_data: whether to answer it as binary data.',
  })
  parameters?: object;
}

export class InferenceRequestBody {
  @ApiPropertyOptional({ description: 'Repeated in the answer.' })
  id?: string;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: true,
    description: 'binary_data_output: whether to answer in binary data. Others mean nothing.',
  })
  parameters?: object;

  @ApiProperty({
    type: [TensorData],
    description:
      'A tensor for each feature, [n] or [n, 1]; or one tensor [n, features] of numbers in the ' +
      'order of the schema, categories by their place from 0, words by their number in the ' +
      'vocabulary of the model that answers (another model has other numbers), -1 for one that it ' +
      'does not know; words that are whole numbers as they are.',
  })
  inputs!: TensorData[];

  @ApiPropertyOptional({ type: [OutputName] })
  outputs?: OutputName[];
}

export class InferenceAnswer {
  @ApiProperty({ example: 'ctr' })
  model_name!: string;

  @ApiProperty({ example: '20260101-120000-3fa1c2d4' })
  model_version!: string;

  @ApiPropertyOptional({ description: 'The request’s, if it had one.' })
  id?: string;

  @ApiProperty({ type: [TensorData] })
  outputs!: TensorData[];
}

/** Requests to show, all of them valid: every feature by name, then one tensor of numbers. */
export function exampleInferences(contract: RecordContract): Record<string, { value: object }> {
  const { schema } = contract;
  const records = Object.values(exampleRequests(schema));
  const inputs = modelMetadata('', schema, []).inputs.map((input: TensorMetadata) => ({
    ...input,
    shape: [records.length],
    data: records.map((record) => record[input.name]),
  }));
  const { features } = schema;
  const matrix = {
    name: 'records',
    shape: [records.length, features.length],
    datatype: 'FP64',
    data: records.map((record) =>
      features.map(({ name }, f) => {
        const number = contract.numberIn(f, record[name]);
        return Number.isNaN(number) ? -1 : number;
      }),
    ),
  };
  return {
    by_feature: { value: { id: '42', inputs } },
    one_tensor: { value: { inputs: [matrix], outputs: [{ name: OUTPUT }] } },
  };
}
