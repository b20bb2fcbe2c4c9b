import type { RecordSchema } from '@adscale/ctr';
import {
  type ApiBodyOptions,
  ApiProperty,
  ApiPropertyOptional,
  type ApiResponseOptions,
  getSchemaPath,
} from '@nestjs/swagger';
import { versionHeader } from '../model/models-dto.js';
import { FieldProblem } from '../problem/api-problems.js';
import { type ProblemCode, catalogue } from '../problem/catalogue.js';
import { exampleRequests } from '../record/record-examples.js';
import { REQUEST_NAME } from '../record/record-dto.js';
import { LINE_TYPES } from '../record/route-rules.js';

class RecordError {
  @ApiPropertyOptional({ type: 'integer', description: 'In a stream: the line, counting from 1.' })
  line?: number;

  @ApiProperty({
    enum: Object.keys(catalogue),
    example: 'INVALID_RECORD',
    description: 'Stable; see the README.',
  })
  code!: ProblemCode;

  @ApiPropertyOptional({
    example: 'Wrong: budget.',
    description: 'Left out, as errors is, after the first hundred errors of a batch.',
  })
  detail?: string;

  @ApiPropertyOptional({
    type: [FieldProblem],
    description: 'An entry for each wrong field, as in the problem of a single record.',
  })
  errors?: FieldProblem[];
}

/** The answer to one of several records. */
export class Outcome {
  @ApiPropertyOptional({
    type: 'number',
    minimum: 0.0001,
    maximum: 1,
    example: 0.0847,
    description: 'Predicted clicks per impression, to four decimals.',
  })
  predicted_ctr?: number;

  @ApiPropertyOptional({ description: 'With ?ids=true: to send the outcome with.' })
  prediction_id?: string;

  @ApiPropertyOptional({ description: 'In place of the prediction when there is none.' })
  error?: RecordError;
}

/** What `POST /predict_ctr/batch` answers. */
export class BatchAnswer {
  @ApiProperty({ type: 'integer', example: 1, description: 'Records with a prediction.' })
  ok!: number;

  @ApiProperty({ type: 'integer', example: 0, description: 'Records with an error.' })
  failed!: number;

  @ApiProperty({
    type: [Outcome],
    description: 'One a record, in their order.',
    example: [{ predicted_ctr: 0.0847 }],
  })
  predictions!: Outcome[];
}

const aRecord = { $ref: getSchemaPath(REQUEST_NAME) };

/** A batch in the documentation, with an example that is valid. */
export function batchBody(schema: RecordSchema, limit: number): ApiBodyOptions {
  return {
    required: true,
    schema: { type: 'array', items: aRecord, maxItems: limit },
    examples: { several: { value: Object.values(exampleRequests(schema)) } },
  };
}

/** Lines in the documentation, with an example that is valid; for a route that consumes `LINE_TYPES`. */
export function linesBody(schema: RecordSchema): ApiBodyOptions {
  const lines = Object.values(exampleRequests(schema)).map((record) => JSON.stringify(record));
  return {
    required: true,
    description: 'A record a line.',
    schema: { type: 'string' },
    examples: { several: { value: textOf(lines) } },
  };
}

/** The answer to lines. */
export const linesAnswer: ApiResponseOptions = {
  description: 'An outcome a line.',
  headers: versionHeader,
  content: {
    [LINE_TYPES[0]]: {
      schema: { type: 'string' },
      example: textOf([
        '{"predicted_ctr":0.0847}',
        '{"error":{"line":2,"code":"MALFORMED_JSON","detail":"The line is not JSON."}}',
      ]),
    },
  },
};

function textOf(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}
