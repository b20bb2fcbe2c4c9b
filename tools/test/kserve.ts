/*
 * The fields of KServe's kinds, which no package of npm has a schema of. From its Go types, as of release 0.16:
 * pkg/apis/serving/v1beta1 (component.go, predictor.go, predictor_model.go) and v1alpha1
 * (servingruntime_types.go) of github.com/kserve/kserve. Where these embed a pod or a container, Kubernetes'
 * own schema is asked.
 */
import { Ajv, type SchemaObject } from 'ajv';
import { Pod } from 'kubernetes-models/v1';

/** Something wrong at a place of a manifest, by the keyword of JSON Schema that it violates. */
export interface Problem {
  readonly place: string;
  readonly keyword: string;
  readonly message: string;
}

/** What a validator of kubernetes-models objects to. */
export function problemsOf(validate: () => void, prefix = ''): Problem[] {
  try {
    validate();
    return [];
  } catch (error) {
    const { errors } = error as { errors?: readonly AjvError[] };
    if (errors === undefined) throw error;
    return errors.map(({ instancePath, keyword, message }) => ({
      place: prefix + instancePath,
      keyword,
      message: message ?? keyword,
    }));
  }
}

interface AjvError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
}

const text = { type: 'string' };
const count = { type: 'integer', minimum: 0 };
const flag = { type: 'boolean' };
const map = { type: 'object', additionalProperties: text };
/** Some of what the type has: a field that is used later is added here. */
const fields = (properties: SchemaObject, ...required: string[]): SchemaObject => ({
  type: 'object',
  properties,
  required,
});
const protocol = { enum: ['v1', 'v2', 'grpc-v1', 'grpc-v2'] };
const metadata = fields({ name: text, namespace: text, labels: map, annotations: map }, 'name');

const runtimeSchema = fields(
  {
    apiVersion: text,
    kind: text,
    metadata,
    spec: fields(
      {
        supportedModelFormats: {
          type: 'array',
          items: fields(
            {
              name: text,
              version: { type: 'string', pattern: '^\\d+(\\.\\d+){0,2}$' },
              autoSelect: flag,
              priority: { type: 'integer', minimum: 1 },
            },
            'name',
          ),
        },
        multiModel: flag,
        disabled: flag,
        protocolVersions: { type: 'array', items: protocol },
        labels: map,
        annotations: map,
        containers: { type: 'array', minItems: 1 },
      },
      'containers',
    ),
  },
  'metadata',
  'spec',
);
/** Fields of a pod that a runtime may have, too. */
const RUNTIME_POD = ['containers', 'volumes', 'nodeSelector', 'affinity', 'tolerations'] as const;

const serviceSchema = fields(
  {
    apiVersion: text,
    kind: text,
    metadata,
    spec: fields(
      {
        predictor: fields({
          minReplicas: count,
          maxReplicas: count,
          scaleTarget: count,
          scaleMetric: { enum: ['cpu', 'memory', 'concurrency', 'rps'] },
          containerConcurrency: count,
          timeout: count,
          canaryTrafficPercent: { type: 'integer', minimum: 0, maximum: 100 },
          labels: map,
          annotations: map,
          model: fields(
            {
              modelFormat: fields({ name: text, version: text }, 'name'),
              runtime: text,
              runtimeVersion: text,
              storageUri: { type: 'string', pattern: '^(pvc|s3|gs|https?|hf|oci)://.' },
              protocolVersion: protocol,
            },
            'modelFormat',
          ),
        }),
      },
      'predictor',
    ),
  },
  'metadata',
  'spec',
);

const ajv = new Ajv({ allErrors: true, strict: true });
const isRuntime = ajv.compile(runtimeSchema);
const isService = ajv.compile(serviceSchema);

type Check = typeof isRuntime;
const ownProblems = (check: Check, manifest: unknown): Problem[] =>
  problemsOf(() => {
    if (!check(manifest)) throw Object.assign(new Error(), { errors: check.errors });
  });

/** What Kubernetes' schema says of a pod with this specification. Fields are read from it as they are. */
function podProblems(spec: object, place: string): Problem[] {
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: {}, spec };
  return problemsOf(() => Pod.prototype.validate.call(pod as Pod), place);
}

interface Runtime {
  readonly spec?: Partial<Record<(typeof RUNTIME_POD)[number], unknown>>;
}

/** @returns what is wrong with a ServingRuntime */
export function checkServingRuntime(manifest: Runtime): Problem[] {
  const own = ownProblems(isRuntime, manifest);
  const { spec } = manifest;
  if (spec === undefined) return own;
  const given = RUNTIME_POD.map((field) => [field, spec[field]]);
  const pod = Object.fromEntries(given.filter(([, value]) => value !== undefined)) as object;
  return [...own, ...podProblems(pod, '')];
}

interface InferenceService {
  readonly spec?: { readonly predictor?: { readonly model?: object } };
}

/** @returns what is wrong with an InferenceService whose predictor is a model of some runtime */
export function checkInferenceService(manifest: InferenceService): Problem[] {
  const own = ownProblems(isService, manifest);
  const predictor = manifest.spec?.predictor;
  if (predictor?.model === undefined) return own;
  // A pod without containers, and a container without name: the runtime has those.
  const isMeant = ({ keyword }: Problem): boolean => keyword !== 'required';
  const container = podProblems({ containers: [predictor.model] }, '').filter(isMeant);
  return [...own, ...podProblems(predictor, '/spec/predictor').filter(isMeant), ...container];
}
