/*
 * Kubernetes manifests, checked as strictly as `kubectl apply --validate=strict` does: a field that the
 * schema does not have is an error. The validators of kubernetes-models are made from Kubernetes' published
 * schemas, but let unknown fields pass. A validator reads every field that its schema knows, though, so
 * that a manifest that remembers what was read of it tells the unknown ones: those that nobody asked for.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ServiceMonitor } from '@kubernetes-models/prometheus-operator/monitoring.coreos.com/v1';
import { Deployment } from 'kubernetes-models/apps/v1';
import { HorizontalPodAutoscaler } from 'kubernetes-models/autoscaling/v2';
import { CronJob, Job } from 'kubernetes-models/batch/v1';
import { NetworkPolicy } from 'kubernetes-models/networking.k8s.io/v1';
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1';
import { ConfigMap, Namespace, PersistentVolumeClaim, Service } from 'kubernetes-models/v1';
import { parse, parseAllDocuments } from 'yaml';
import { type Problem, checkInferenceService, checkServingRuntime, problemsOf } from './kserve.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = join(root, 'tools/deploy');

/** Any manifest; which fields it has is what is checked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Manifest = any;

/** A file of `tools/deploy`, by its path from there. */
export interface ManifestFile {
  readonly path: string;
  readonly documents: readonly Manifest[];
  /** Whether it changes a manifest of another file, so that fields that are required may be missing. */
  readonly isPatch: boolean;
}

/** All manifests as they were written, and the kustomizations that name them. */
export function writtenManifests(): { files: ManifestFile[]; kustomizations: ManifestFile[] } {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes('/') && path.endsWith('.yaml'))
    .sort();
  const read = (path: string): Manifest[] =>
    parseAllDocuments(readFileSync(join(folder, path), 'utf8')).map((document) => {
      if (document.errors.length > 0) throw new Error(`${path}: ${document.errors[0]!.message}`);
      return document.toJS() as Manifest;
    });
  const isKustomization = (path: string): boolean => basename(path) === 'kustomization.yaml';
  const kustomizations = paths
    .filter(isKustomization)
    .map((path) => ({ path, documents: read(path), isPatch: false }));
  const patches = new Set(
    kustomizations.flatMap(({ path, documents }) =>
      (documents[0].patches ?? []).map((patch: { path: string }) => join(path, '..', patch.path)),
    ),
  );
  const files = paths
    .filter((path) => !isKustomization(path))
    .map((path) => ({ path, documents: read(path), isPatch: patches.has(path) }));
  return { files, kustomizations };
}

/** Why overlays cannot be built here; undefined if they can. */
export const cannotBuild: string | undefined = (() => {
  const { error, stdout } = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
  if (error !== undefined) return 'kubectl is not installed';
  // Before, its kustomize knows no `labels`, and before 1.21 it is one of 2019.
  const [, minor] = /v1\.(\d+)/.exec(stdout) ?? [];
  return Number(minor) >= 22 ? undefined : `kubectl 1.22 or later is wanted, got ${stdout.trim()}`;
})();

/** What `kubectl apply -k` would apply of a folder of `tools/deploy`. */
export function built(path: string): Manifest[] {
  const { status, stdout, stderr } = spawnSync('kubectl', ['kustomize', join(folder, path)], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`kubectl kustomize ${path}: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS() as Manifest);
}

/** A file of the repository, by its path from the root. */
export const readText = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The same, parsed as YAML. */
export const readYaml = (path: string): Manifest => parse(readText(path)) as Manifest;

const kinds = [
  ...[ConfigMap, CronJob, Deployment, HorizontalPodAutoscaler, Job, Namespace, NetworkPolicy],
  ...[PersistentVolumeClaim, PodDisruptionBudget, Service, ServiceMonitor],
];
const checks = new Map<string, (manifest: Manifest) => Problem[]>([
  ...kinds.map((kind): [string, (manifest: Manifest) => Problem[]] => [
    `${kind.apiVersion} ${kind.kind}`,
    (manifest) => problemsOf(() => kind.prototype.validate.call(manifest)),
  ]),
  ['serving.kserve.io/v1alpha1 ServingRuntime', checkServingRuntime],
  ['serving.kserve.io/v1beta1 InferenceService', checkInferenceService],
]);

/** What is wrong with a manifest, by the place; nothing if it is right. */
export function wrongIn(manifest: Manifest, isPatch = false): string[] {
  const name = `${manifest.apiVersion} ${manifest.kind}`;
  const check = checks.get(name);
  if (check === undefined) return [`no schema of ${name} is known here`];
  const asked = new WeakMap<object, Set<string>>();
  const problems = check(watched(manifest, asked));
  return [
    ...problems
      .filter(({ keyword }) => !isPatch || keyword !== 'required')
      .map(({ place, message }) => `${place} ${message}`),
    ...unasked(manifest, asked, ''),
  ];
}

/** The same value, which notes the names of the fields that are asked for. */
function watched<T extends object>(value: T, asked: WeakMap<object, Set<string>>): T {
  return new Proxy(value, {
    get(target, name, receiver) {
      const field: unknown = Reflect.get(target, name, receiver);
      const names = asked.get(target) ?? new Set();
      asked.set(target, names.add(String(name)));
      return typeof field === 'object' && field !== null ? watched(field, asked) : field;
    },
  });
}

/** Places of the fields that nobody asked for. `$patch` is kustomize's. */
function unasked(value: unknown, asked: WeakMap<object, Set<string>>, place: string): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const isList = Array.isArray(value);
  return Object.entries(value).flatMap(([name, field]) => {
    if (name === '$patch') return [];
    if (!isList && !asked.get(value)?.has(name)) return [`${place}/${name} is an unknown field`];
    return unasked(field, asked, `${place}/${name}`);
  });
}
