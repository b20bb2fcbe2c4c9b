import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';
import type { Lines } from './by-line.js';
import { addProblems } from './problem/api-problems.js';
import { ROUTE_PROBLEMS, type ProblemCode } from './problem/catalogue.js';
import { REQUEST_NAME } from './record/record-dto.js';
import type { Scope } from './security/scopes.js';

/** Where the documentation is; the document itself is at `/docs-json` and `/docs-yaml`. */
export const DOCS_PATH = 'docs';

const DESCRIPTION = `Predicts the click-through rate (CTR) of an ad placement, and decides by it.
Errors are problem details (RFC 9457) with a stable \`code\`.

Bodies may be packed (\`content-encoding: gzip\`, \`deflate\` or \`br\`). A request with the header
\`x-server-timing: 1\` is told in \`server-timing\` how long it took, in milliseconds.`;

type Operation = OpenAPIObject['paths'][string]['get'] & object;
type Schema = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>[string];

/** What the gate and the parsers know of a route. */
interface RouteFacts {
  readonly scope?: Scope;
  readonly quiet?: boolean;
  readonly lines?: Lines;
}

/** Of every route, by method and path as OpenAPI writes them: `get /models/{version}`. */
type Routes = ReadonlyMap<string, RouteFacts>;

/** Collects what is true of routes while they are added. To be called before the first one is. */
export function watchRoutes(fastify: FastifyInstance): Routes {
  const routes = new Map<string, RouteFacts>();
  fastify.addHook('onRoute', ({ method, url, config }) => {
    const path = url.replace(/:(\w+)/g, '{$1}');
    if (typeof method === 'string') routes.set(`${method.toLowerCase()} ${path}`, config ?? {});
  });
  return routes;
}

/**
 * Adds the Swagger UI and the OpenAPI document. The document follows from the routes' own decorators,
 * and from what the routes are to the gate: so it cannot say other than what is done.
 * @param hasKeys whether callers need a key to predict; to administer they always do
 */
export function addDocs(app: INestApplication, routes: Routes, hasKeys: boolean): void {
  const operationIdFactory = (_controller: string, method: string) => method;
  // Made when somebody first asks: all routes are there by then.
  SwaggerModule.setup(DOCS_PATH, app, () => {
    const document = SwaggerModule.createDocument(app, base(), { operationIdFactory });
    return complete(document, routes, hasKeys);
  });
}

function base(): Omit<OpenAPIObject, 'paths'> {
  const key =
    'Needed where the service has API_KEYS: a key whose scopes include that of the route.';
  return new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('AdScale')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer('/', 'This service.')
    .addTag('Prediction', 'One placement, many, or a stream of them.')
    .addTag('Decisions', 'What to show, to bid and to spend, by the predictions.')
    .addTag('Outcomes', 'What came of predictions and decisions, and tests of arms.')
    .addTag('Monitoring', 'What outcomes say of the models, and what is off.')
    .addTag('Open Inference Protocol', 'Predictions for clients of KServe and Triton.')
    .addTag('Models', 'Which versions there are, and which of them answer.')
    .addTag('Training', 'Files to learn from, and jobs of the trainer.')
    .addTag('Operation', 'What the service did, and whether it is well.')
    .addApiKey({ type: 'apiKey', in: 'header', name: 'x-api-key', description: key }, 'ApiKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer', description: key }, 'Bearer')
    .build();
}

function complete(document: OpenAPIObject, routes: Routes, hasKeys: boolean): OpenAPIObject {
  for (const [path, item] of Object.entries(document.paths)) {
    for (const [method, operation] of Object.entries(item as Record<string, Operation>)) {
      const facts = routes.get(`${method} ${path}`) ?? {};
      operation.security = securityOf(facts, hasKeys);
      addProblems(operation, problemsOf(facts, operation.requestBody !== undefined), path);
      nameParameters(operation, path);
    }
  }
  for (const [name, schema] of Object.entries(document.components?.schemas ?? {})) {
    // Nest has no decorator to say what the validation does: a field that is not listed is refused.
    if (name === REQUEST_NAME) Object.assign(schema, { additionalProperties: false });
    else tellDefaults(schema);
  }
  return document;
}

/** Either header will do. Without keys a caller may have one or none. */
function securityOf({ scope }: RouteFacts, hasKeys: boolean): Record<string, string[]>[] {
  if (scope === undefined) return [];
  const keys: Record<string, string[]>[] = [{ ApiKey: [] }, { Bearer: [] }];
  return hasKeys || scope === 'admin' ? keys : [{}, ...keys];
}

/** What a route may answer because of what it is, beside what it documents itself. */
function problemsOf({ scope, quiet, lines }: RouteFacts, hasBody: boolean): ProblemCode[] {
  const { every, gated, keyed, admin, body, json } = ROUTE_PROBLEMS;
  return [
    ...every,
    ...(quiet ? [] : gated),
    ...(scope === undefined ? [] : keyed),
    ...(scope === 'admin' ? admin : []),
    ...(hasBody ? body : []),
    ...(hasBody && lines !== true ? json : []),
  ];
}

const PARAMETERS: Readonly<Record<string, { description: string; example: string }>> = {
  name: { description: 'Name of the model, which MODEL_NAME sets.', example: 'ctr' },
  version: { description: 'A version of the model.', example: '20260101-120000-3fa1c2d4' },
};

/** Nest finds no parameters in an object of them; and a handler of two addresses has one name. */
function nameParameters(operation: Operation, path: string): void {
  const known = (operation.parameters ?? []) as { readonly name?: string }[];
  const missing = [...path.matchAll(/\{(\w+)\}/g)]
    .map(([, name]) => name)
    .filter((name) => !known.some((parameter) => parameter.name === name))
    .map((name) => ({
      ...{ name, in: 'path', required: true, schema: { type: 'string' } },
      ...PARAMETERS[name],
    }));
  Object.assign(operation, { parameters: [...known, ...missing] });
  const id = String(operation.operationId).replace(/\[\d+\]$/, '');
  operation.operationId = path.includes('/versions/{version}') ? `${id}OfVersion` : id;
}

/**
 * Says defaults in the description instead. Generators of clients, openapi-typescript for one, take a
 * field with a default for one that is always there, and would have callers send all of them.
 */
function tellDefaults(schema: Schema): void {
  if (!('properties' in schema)) return;
  for (const property of Object.values(schema.properties ?? {})) {
    if (!('default' in property) || property.default === undefined) continue;
    const told = `Default: ${String(property.default)}.`;
    property.description = [property.description, told].filter(Boolean).join(' ');
    delete property.default;
  }
}
