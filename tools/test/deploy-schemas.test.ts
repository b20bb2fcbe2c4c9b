import { join } from 'node:path';
import { built, cannotBuild, type Manifest, writtenManifests, wrongIn } from './manifests.js';

const { files, kustomizations } = writtenManifests();
const whole = files.filter(({ isPatch }) => !isPatch).flatMap(({ documents }) => documents);

/** Objects whose names are anybody's: misspelt, they are others. */
const MAPS = /\/(labels|annotations|matchLabels|selector|data|requests|limits|nodeSelector)$/;

/** Places of all fields that have a name of the schema. */
function fieldsOf(value: unknown, place: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, field]) => {
    const here = [...place, name];
    const isNamed = !Array.isArray(value) && !MAPS.test(`/${place.join('/')}`);
    // The selector of a Service is a map, others have fields.
    const isField = isNamed || name === 'matchLabels';
    return [...(isField ? [here] : []), ...fieldsOf(field, here)];
  });
}

/** A copy in which the field at a place has an x behind its name. */
function misspelt(manifest: Manifest, place: string[]): Manifest {
  const copy = structuredClone(manifest);
  const parent = place.slice(0, -1).reduce((value, name) => value[name], copy);
  const name = place[place.length - 1]!;
  parent[`${name}x`] = parent[name];
  delete parent[name];
  return copy;
}

describe('the manifests', () => {
  it.each(files.map((file) => [file.path, file] as const))(
    '%s are such as Kubernetes wants',
    (_, file) => {
      expect(file.documents.flatMap((one) => wrongIn(one, file.isPatch))).toEqual([]);
    },
  );

  it('are each in a kustomization, and each kustomization names what there is', () => {
    const named = kustomizations.flatMap(({ path, documents: [{ resources, patches }] }) =>
      [...resources, ...(patches ?? []).map((patch: { path: string }) => patch.path)]
        .filter((name: string) => name.endsWith('.yaml'))
        .map((name: string) => join(path, '..', name)),
    );
    expect(named.sort()).toEqual(files.map(({ path }) => path).sort());
  });
});

describe('the check', () => {
  it('takes no misspelt field, wherever it is', () => {
    const passed = whole.flatMap((manifest) =>
      fieldsOf(manifest)
        .filter((place) => !/^(apiVersion|kind)$/.test(place[0]!))
        .filter((place) => wrongIn(misspelt(manifest, place)).length === 0)
        .map((place) => `${manifest.kind}: ${place.join('/')}`),
    );
    expect(passed).toEqual([]);
    expect(whole.flatMap((manifest) => fieldsOf(manifest)).length).toBeGreaterThan(300);
  });

  it('says where and what: an unknown field, a wrong type, one that is missing, an unknown kind', () => {
    const pod = (container: object): Manifest => ({
      ...{ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'a' } },
      spec: {
        selector: { matchLabels: { app: 'a' } },
        template: { spec: { containers: [{ name: 'a', ...container }] } },
      },
    });
    const place = '/spec/template/spec/containers/0';
    expect(wrongIn(pod({ image: 'a', livenessprobe: {} }))).toEqual([
      `${place}/livenessprobe is an unknown field`,
    ]);
    expect(wrongIn(pod({ ports: [{ containerPort: '8000' }] })).join()).toContain(
      `${place}/ports/0/containerPort must be integer`,
    );
    expect(wrongIn(pod({ name: undefined })).join()).toMatch(/required property.*name|name/);
    expect(wrongIn({ apiVersion: 'v9', kind: 'Thing' })).toEqual([
      'no schema of v9 Thing is known here',
    ]);
  });

  it('wants of a patch no more than that what it has is right', () => {
    const patch = { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'a' }, spec: {} };
    expect(wrongIn(patch)).not.toEqual([]);
    expect(wrongIn(patch, true)).toEqual([]);
    expect(wrongIn({ ...patch, spec: { backofLimit: 1 } }, true)).toHaveLength(1);
  });
});

if (cannotBuild !== undefined) console.warn(`overlays not built: ${cannotBuild}`);

(cannotBuild === undefined ? describe : describe.skip)('what `kubectl apply -k` applies', () => {
  it.each(['overlays/one-node', 'overlays/production', 'overlays/object-store', 'kserve'])(
    'of %s is such as Kubernetes wants, and each thing once',
    (overlay) => {
      const manifests = built(overlay);
      expect(manifests.flatMap((one) => wrongIn(one))).toEqual([]);
      const names = manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
      expect(names.length).toBe(new Set(names).size);
    },
  );
});
