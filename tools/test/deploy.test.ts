import { objectionsTo, promised, readmeSecrets, trainerFlags } from './deployed-service.js';
import { type Manifest, built, cannotBuild, readText } from './manifests.js';

const OVERLAYS = ['one-node', 'production', 'object-store'] as const;
const KEYS = /KEY|SECRET|PASSWORD|_URL$/;

if (cannotBuild !== undefined)
  console.warn(`overlays not compared with the product: ${cannotBuild}`);
const describeBuilt = cannotBuild === undefined ? describe : describe.skip;

/** Pods of an overlay, each with who makes it. */
interface Pods {
  readonly owner: Manifest;
  readonly labels: Record<string, string>;
  readonly spec: Manifest;
}

const podsOf = (manifests: readonly Manifest[]): Pods[] =>
  manifests.flatMap((owner) => {
    const template = owner.spec?.jobTemplate?.spec.template ?? owner.spec?.template;
    return template === undefined
      ? []
      : [{ owner, labels: template.metadata.labels, spec: template.spec }];
  });

const bytes = (quantity: string): number => {
  const [, number, unit] = /^(\d+)(Ki|Mi|Gi)$/.exec(quantity)!;
  return Number(number) * 1024 ** (['Ki', 'Mi', 'Gi'].indexOf(unit!) + 1);
};

describeBuilt.each(OVERLAYS)('the overlay %s', (name) => {
  const manifests = cannotBuild === undefined ? built(`overlays/${name}`) : [];
  const pods = podsOf(manifests);
  const find = (kind: string, called = 'adscale-api'): Manifest =>
    manifests.find(({ kind: k, metadata }) => k === kind && metadata.name === called);
  const namesOf = (kind: string): string[] =>
    manifests.filter((one) => one.kind === kind).map(({ metadata }) => metadata.name);
  const containers = pods.flatMap(({ spec, owner }) =>
    spec.containers.map((container: Manifest) => ({ container, spec, owner })),
  );
  const api = (): Manifest => find('Deployment').spec.template.spec;
  /** Variables of a container that are written in the manifests. */
  const written = (container: Manifest): Record<string, string> => ({
    ...Object.assign(
      {},
      ...(container.envFrom ?? []).map(
        ({ configMapRef }: Manifest) => find('ConfigMap', configMapRef.name).data,
      ),
    ),
    ...Object.fromEntries(
      (container.env ?? [])
        .filter(({ value }: Manifest) => value !== undefined)
        .map((one: Manifest) => [one.name, one.value]),
    ),
  });

  it('runs the images of this version, as their own users, with nothing more than they need', () => {
    expect(pods.map(({ owner }) => owner.kind).sort()).toEqual(['CronJob', 'Deployment', 'Job']);
    for (const { container, spec } of containers) {
      const [, app, version] = /^adscale-(api|trainer):(.+)$/.exec(container.image)!;
      expect(JSON.parse(readText(`apps/${app}/package.json`)).version).toBe(version);
      const dockerfile = readText(`apps/${app}/Dockerfile`);
      expect(dockerfile).toContain(`image.title="adscale-${app}"`);
      const { runAsUser, runAsGroup } = spec.securityContext;
      expect(dockerfile).toContain(`USER ${runAsUser}:${runAsGroup}\n`);
      expect(spec).toMatchObject({
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      expect(container.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        readOnlyRootFilesystem: true,
        capabilities: { drop: ['ALL'] },
      });
      expect(container.resources).toMatchObject({
        requests: { cpu: expect.any(String), memory: expect.any(String) },
        limits: { memory: expect.any(String) },
      });
    }
  });

  it('mounts what there is, where the images look for it', () => {
    for (const { container, spec, owner } of containers) {
      const mounts: Manifest[] = container.volumeMounts ?? [];
      const volumes: Manifest[] = spec.volumes ?? [];
      expect(mounts.map((one) => one.name).sort()).toEqual(volumes.map((one) => one.name).sort());
      const claims = volumes.flatMap((one) => one.persistentVolumeClaim?.claimName ?? []);
      expect(namesOf('PersistentVolumeClaim')).toEqual(expect.arrayContaining(claims));
      const dockerfile = readText(
        `apps/${owner.kind === 'Deployment' ? 'api' : 'trainer'}/Dockerfile`,
      );
      const { MODEL_DIR, OUTCOMES_URL } = written(container);
      const kept = MODEL_DIR ?? /MODEL_DIR=(\S+)/.exec(dockerfile)![1]!;
      const paths = mounts.map((one) => one.mountPath);
      // A registry in an object store takes no room here.
      expect(paths.includes(kept)).toBe(!kept.startsWith('s3://'));
      const outcomes = /^file:(.+)\/[^/]+$/.exec(OUTCOMES_URL ?? '')?.[1];
      if (outcomes !== undefined) expect(paths).toContain(outcomes);
    }
  });

  it('names settings that there are; secrets come from the secrets that the README makes', () => {
    const secrets = readmeSecrets();
    for (const { container, owner } of containers) {
      const known = promised(owner.kind === 'Deployment' ? 'api' : 'trainer');
      const values = written(container);
      const given: Manifest[] = container.env ?? [];
      const names = [...Object.keys(values), ...given.map((one) => one.name)];
      expect(names.filter((one) => !known.has(one))).toEqual([]);
      for (const { valueFrom } of given.filter((one) => one.valueFrom !== undefined)) {
        const { name: secret, key } = valueFrom.secretKeyRef;
        expect(Object.keys(secrets.get(secret) ?? {})).toContain(key);
      }
      // Addresses that hold passwords, and keys, are nowhere in plain sight.
      const open = Object.entries(values).filter(([one]) => KEYS.test(one));
      for (const [, value] of open) expect(value).not.toMatch(/:\/\/[^/]*@|^[0-9a-f]{32,}$/);
    }
    const monitored = find('ServiceMonitor')?.spec.endpoints[0].authorization.credentials;
    if (monitored !== undefined) {
      expect(Object.keys(secrets.get(monitored.name)!)).toContain(monitored.key);
    }
  });

  it('gives the API values that it takes', () => {
    const [container] = api().containers;
    const secrets = readmeSecrets();
    const hidden = container.env
      .filter(({ valueFrom }: Manifest) => valueFrom !== undefined)
      .map(({ name: variable, valueFrom: { secretKeyRef } }: Manifest) => [
        variable,
        secrets.get(secretKeyRef.name)![secretKeyRef.key],
      ]);
    const environment = { ...written(container), ...Object.fromEntries(hidden) };
    expect(objectionsTo(environment)).toBe('');
    expect(objectionsTo({ ...environment, WORKERS: 'many' })).toContain('WORKERS: got "many"');
  });

  it('has commands and flags that the trainer has', () => {
    const args = containers.flatMap(({ container }) => (container.args ? [container.args] : []));
    expect(args.map(([command]) => command).sort()).toEqual(['retrain', 'train']);
    for (const [command, ...flags] of args as string[][]) {
      const known = trainerFlags(command!);
      expect(flags.filter((flag) => !known.includes(flag))).toEqual([]);
    }
    // A retraining asks the Service, by its name and port.
    const { metadata, spec } = find('Service');
    const retrain = containers.find(({ owner }) => owner.kind === 'CronJob')!.container;
    expect(written(retrain)['ADSCALE_URL']).toBe(`http://${metadata.name}:${spec.ports[0].port}`);
  });

  it('retrains never twice at a time, and does not try again by itself', () => {
    const { spec } = find('CronJob', 'adscale-retrain');
    expect(spec.schedule).toMatch(/^(\S+ ){4}\S+$/);
    expect(spec.concurrencyPolicy).toBe('Forbid');
    expect(spec.jobTemplate.spec.backoffLimit).toBe(0);
    expect(spec.jobTemplate.spec.template.spec.restartPolicy).toBe('Never');
    expect(spec.jobTemplate.spec.activeDeadlineSeconds).toBeGreaterThan(0);
  });

  it('selects pods and services that there are', () => {
    const isOf = (selector: object, labels: object): boolean =>
      Object.entries(selector).every(([key, value]) => Reflect.get(labels, key) === value);
    const chosen = (selector: object): string[] =>
      pods.filter(({ labels }) => isOf(selector, labels)).map(({ owner }) => owner.metadata.name);
    const service = find('Service');
    expect(chosen(service.spec.selector)).toEqual(['adscale-api']);
    expect(chosen(find('Deployment').spec.selector.matchLabels)).toEqual(['adscale-api']);
    for (const { labelSelector } of api().topologySpreadConstraints ?? []) {
      expect(chosen(labelSelector.matchLabels)).toEqual(['adscale-api']);
    }
    const budget = find('PodDisruptionBudget');
    if (budget) expect(chosen(budget.spec.selector.matchLabels)).toEqual(['adscale-api']);
    const policy = (called: string): Manifest => find('NetworkPolicy', called).spec;
    expect(chosen(policy('adscale-api').podSelector.matchLabels)).toEqual(['adscale-api']);
    expect(chosen(policy('adscale-trainer').podSelector.matchLabels).sort()).toEqual([
      ...['adscale-retrain', 'adscale-train'],
    ]);
    const monitor = find('ServiceMonitor');
    if (monitor) {
      expect(isOf(monitor.spec.selector.matchLabels, service.metadata.labels)).toBe(true);
      expect(service.spec.ports.map((one: Manifest) => one.name)).toContain(
        monitor.spec.endpoints[0].port,
      );
    }
    const scaler = find('HorizontalPodAutoscaler');
    if (scaler) {
      expect(find(scaler.spec.scaleTargetRef.kind, scaler.spec.scaleTargetRef.name)).toBeDefined();
      const { describedObject } = scaler.spec.metrics[1].object;
      expect(find(describedObject.kind, describedObject.name)).toBe(service);
    }
  });

  it('calls the port of the image by one name', () => {
    const [port] = api().containers[0].ports;
    expect(readText('apps/api/Dockerfile')).toContain(`PORT=${port.containerPort} `);
    expect(find('Service').spec.ports[0].targetPort).toBe(port.name);
    for (const probe of ['startupProbe', 'readinessProbe', 'livenessProbe']) {
      expect(api().containers[0][probe].httpGet.port).toBe(port.name);
    }
    expect(find('NetworkPolicy').spec.ingress).toEqual([{ ports: [{ port: port.name }] }]);
  });

  it('lets pods reach the servers that their settings name, and no other ports', () => {
    const ports = (called: string): number[] =>
      find('NetworkPolicy', called).spec.egress.flatMap((rule: Manifest) =>
        rule.ports.map((one: Manifest) => one.port),
      );
    const secret = readmeSecrets().get('adscale-api')!;
    const usual = { 'postgres:': 5432, 'rediss:': 6379 };
    const wanted = ['outcomes-url', 'valkey-url'].map((key) => {
      const { port, protocol } = new URL(secret[key]!);
      return Number(port || Reflect.get(usual, protocol));
    });
    expect(new Set(ports('adscale-api'))).toEqual(new Set([53, 443, ...wanted]));
    expect(new Set(ports('adscale-trainer'))).toEqual(new Set([53, 443, 'http']));
  });

  it('gives pods the time and the memory that their settings can take', () => {
    const [container] = api().containers;
    const env = written(container);
    const number = (variable: string): number => Number(env[variable]);
    const leaving = number('SHUTDOWN_DELAY_MS') + number('REQUEST_TIMEOUT_MS');
    // And five seconds for the last answers and spans.
    expect(api().terminationGracePeriodSeconds * 1000).toBeGreaterThanOrEqual(leaving + 5000);
    // A balancer that asks every few seconds has gone by then.
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(number('SHUTDOWN_DELAY_MS')).toBeGreaterThanOrEqual(
      1000 * periodSeconds * failureThreshold,
    );
    const { requests, limits } = container.resources;
    expect(requests.memory).toBe(limits.memory);
    expect(number('WORKERS')).toBe(Number(requests.cpu));
    expect(number('DECISION_THREADS')).toBeGreaterThan(0);
    // What a body of JSON becomes takes several times its bytes; beside that a process, and its model.
    const worker = 256 * 2 ** 20 + 6 * number('MAX_IN_FLIGHT_BYTES');
    expect(bytes(limits.memory)).toBeGreaterThanOrEqual(number('WORKERS') * worker);
  });
});
