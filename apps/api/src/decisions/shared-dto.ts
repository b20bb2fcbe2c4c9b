import { ApiProperty, type ApiPropertyOptions, getSchemaPath } from '@nestjs/swagger';
import { REQUEST_NAME } from '../record/record-dto.js';

/** A whole record, as `POST /predict_ctr` takes it. */
export const aRecord = {
  allOf: [{ $ref: getSchemaPath(REQUEST_NAME) }],
  description: 'The placement: every feature of the model.',
} as const satisfies ApiPropertyOptions;

export const anId = {
  description: 'What you call it; its place in the list if absent.',
  example: 'a',
} as const satisfies ApiPropertyOptions;

export const aProbability = {
  type: 'number',
  minimum: 1e-6,
  maximum: 0.999999,
} as const satisfies ApiPropertyOptions;

export const aLevel = {
  ...aProbability,
  default: 0.9,
  description: 'How often intervals hold.',
} as const satisfies ApiPropertyOptions;

export const aCurrency = {
  default: 'USD',
  description: 'Of ISO 4217; amounts have as many decimals as it has.',
} as const satisfies ApiPropertyOptions;

/** Money is a number, or a text where a client has no exact decimals. */
export const money = (description: string, example?: number) =>
  ({
    oneOf: [{ type: 'number' }, { type: 'string' }],
    description,
    ...(example !== undefined && { example }),
  }) satisfies ApiPropertyOptions;

export const outside = {
  type: [String],
  example: [],
  description: 'Features, or pairs of them, in which the record lies outside the training data.',
} satisfies ApiPropertyOptions;

/** The two ends of an interval, or of a step. */
export class IntervalDto {
  @ApiProperty()
  low!: number;

  @ApiProperty()
  high!: number;
}

/** What is paid for; one of the two. */
export class PriceDto {
  @ApiProperty({ ...money('A click.', 0.4), required: false })
  cpc?: number | string;

  @ApiProperty({ ...money('A thousand impressions.', 12.5), required: false })
  cpm?: number | string;
}

/** What every answer says of itself. */
export class AnsweredDto {
  @ApiProperty({ description: 'Version of the model that decided.' })
  model_version!: string;

  @ApiProperty({ type: [String], description: 'What the figures take for granted.' })
  assumptions!: readonly string[];
}
