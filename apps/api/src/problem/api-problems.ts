import { applyDecorators } from '@nestjs/common';
import {
  ApiExtraModels,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { type ProblemCode, catalogue } from './catalogue.js';
import { PROBLEM_TYPE, type ProblemOccurrence, problemBody } from './problem.js';

class FieldProblem {
  @ApiProperty({ description: 'The field, or (body) for the body as a whole.' })
  field!: string;

  @ApiPropertyOptional({
    oneOf: ['string', 'number', 'boolean', 'null'].map((type) => ({ type })),
    description: 'The value got, shortened; left out when the field is missing.',
  })
  value?: unknown;

  @ApiProperty({ description: 'What the value must be.' })
  rule!: string;

  @ApiProperty({ description: 'All of it as a sentence.' })
  message!: string;
}

class Problem {
  @ApiProperty({ description: 'Identifies the kind of problem.' })
  type!: string;

  @ApiProperty()
  title!: string;

  @ApiProperty({ type: 'integer' })
  status!: number;

  @ApiProperty()
  detail!: string;

  @ApiProperty({ enum: Object.keys(catalogue), description: 'Stable; see the README.' })
  code!: ProblemCode;

  @ApiPropertyOptional({ description: 'What the log knows the request by.' })
  request_id?: string;

  @ApiPropertyOptional({ type: [FieldProblem] })
  errors?: FieldProblem[];
}

/**
 * Documents the problems that a route may answer with, in the words of the catalogue.
 * @param occurrences what the examples of some problems add to the catalogue's words
 */
export function ApiProblems(
  codes: readonly ProblemCode[],
  occurrences: Partial<Record<ProblemCode, ProblemOccurrence>> = {},
): MethodDecorator {
  const statuses = new Set(codes.map((code) => catalogue[code].status));
  const responses = [...statuses].map((status) => {
    const alike = codes.filter((code) => catalogue[code].status === status);
    const description = alike.map((code) => `${catalogue[code].title} (\`${code}\`).`).join(' ');
    const schema = { $ref: getSchemaPath(Problem) };
    const examples = alike.map((code) => [code, { value: problemBody(code, occurrences[code]) }]);
    return ApiResponse({
      status,
      description,
      content: { [PROBLEM_TYPE]: { schema, examples: Object.fromEntries(examples) } },
    });
  });
  return applyDecorators(ApiExtraModels(Problem, FieldProblem), ...responses);
}
