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

/** What is said of one wrong field. */
export class FieldProblem {
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

/** Headers that go with a problem. */
const HEADERS: Partial<Record<ProblemCode, Record<string, string>>> = {
  API_KEY_REQUIRED: { 'www-authenticate': 'The scheme of the key: Bearer.' },
  UNSUPPORTED_ENCODING: { 'accept-encoding': 'The encodings that bodies may have.' },
  RATE_LIMITED: { 'retry-after': 'Seconds to wait.' },
  TRAINING_QUEUE_FULL: { 'retry-after': 'Seconds to wait.' },
  OVERLOADED: { 'retry-after': 'Seconds to wait.' },
};

/** Bodies of the problems of one status, by code. */
type Examples = Record<string, { readonly value: object }>;
type Responses = Record<string, { readonly content?: Record<string, { examples?: object }> }>;

/** The answers that these examples are, all of one status. */
function responseOf(examples: Examples) {
  const codes = Object.keys(examples) as ProblemCode[];
  const named = codes.flatMap((code) => Object.entries(HEADERS[code] ?? {}));
  const headers = named.map(([name, description]) => [
    name,
    { description, schema: { type: 'string' } },
  ]);
  const schema = { $ref: getSchemaPath(Problem) };
  return {
    description: codes.map((code) => `${catalogue[code].title} (\`${code}\`).`).join(' '),
    ...(headers.length > 0 && { headers: Object.fromEntries(headers) as Headers }),
    content: { [PROBLEM_TYPE]: { schema, examples } },
  };
}

type Headers = Record<string, { readonly description: string; readonly schema: object }>;

function examplesByStatus(
  codes: readonly ProblemCode[],
  occurrences: Partial<Record<ProblemCode, ProblemOccurrence>> = {},
): [status: number, examples: Examples][] {
  const statuses = new Set(codes.map((code) => catalogue[code].status));
  return [...statuses].map((status) => {
    const alike = codes.filter((code) => catalogue[code].status === status);
    const examples = alike.map((code) => [code, { value: problemBody(code, occurrences[code]) }]);
    return [status, Object.fromEntries(examples) as Examples];
  });
}

/**
 * Documents the problems that a route may answer with, in the words of the catalogue; those that follow
 * from what the route is need not be among them.
 * @param occurrences what the examples of some problems add to the catalogue's words
 */
export function ApiProblems(
  codes: readonly ProblemCode[],
  occurrences: Partial<Record<ProblemCode, ProblemOccurrence>> = {},
): MethodDecorator {
  const responses = examplesByStatus(codes, occurrences).map(([status, examples]) =>
    ApiResponse({ status, ...responseOf(examples) }),
  );
  return applyDecorators(ApiExtraModels(Problem, FieldProblem), ...responses);
}

/**
 * Adds problems to those that an operation of the document has.
 * @param path of the operation; those of the inference protocol have errors of another form
 */
export function addProblems(
  operation: { responses: object },
  codes: readonly ProblemCode[],
  path: string,
): void {
  const responses = operation.responses as Responses;
  for (const [status, examples] of examplesByStatus(codes)) {
    const known = responses[status];
    if (path.startsWith('/v2')) {
      const { description } = responseOf(examples);
      responses[status] = known ?? { description, content: { 'application/json': protocolError } };
      continue;
    }
    const own = (known?.content?.[PROBLEM_TYPE]?.examples ?? {}) as Examples;
    responses[status] = responseOf({ ...examples, ...own });
  }
}

const protocolError = { schema: { $ref: '#/components/schemas/InferenceError' } };
