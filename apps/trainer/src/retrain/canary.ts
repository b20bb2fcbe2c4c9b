import { InvalidArgumentError } from 'commander';
import { readGateOptions } from '@adscale/monitor';
import { InputError, RefusedError } from '../cli/exit.js';
import { ServiceError, type Service } from '../service/ask.js';

/** Whether a version is on trial by now. */
export interface CanaryStart {
  readonly started: boolean;
  /** Why it is not, and what to do. */
  readonly reason?: string;
}

/** How the gate judges, by the names of `PUT /models/canary`. */
export type GateWish = Readonly<Record<string, unknown>>;

/** Reads `--gate name=value`: a number, or a list of them, as JSON. */
export function gateOption(text: string, before: GateWish): GateWish {
  const [, name = '', value = ''] = /^([a-z_]+)=(.+)$/.exec(text) ?? [];
  try {
    if (name !== '') return { ...before, [name]: JSON.parse(value) as unknown };
  } catch {
    // Told below.
  }
  throw new InvalidArgumentError(
    'wanted name=value with a value of JSON, as least_hours=48 or steps=[5,25,100].',
  );
}

/** @throws InputError for the first option that the service would refuse, once a model is trained */
export function checkGate(gate: GateWish): void {
  const read = readGateOptions(gate, '--gate');
  if (!('problems' in read)) return;
  const [{ field, value, rule }] = read.problems;
  throw new InputError(`${field}: got ${JSON.stringify(value)}, wanted ${rule}`);
}

/**
 * Has the service try a version, guarded by its gate: it grows by itself while outcomes allow it.
 * @param gate what is not to be as usual
 */
export async function startCanary(
  service: Service,
  version: string,
  gate: GateWish,
): Promise<CanaryStart> {
  try {
    const wish = Object.keys(gate).length === 0 ? true : gate;
    await service.send('PUT', '/models/canary', { version, gate: wish });
    return { started: true };
  } catch (error) {
    // What is published stays, whatever the service says.
    if (!(error instanceof Error) || error.name === 'AbortError') throw error;
    return { started: false, reason: `${error.message}\n${adviceFor(error, version)}` };
  }
}

function adviceFor(error: Error, version: string): string {
  const code = error instanceof ServiceError ? error.problem.code : undefined;
  const byHand = `"adscale models promote ${version}" serves it without a trial`;
  if (code === 'REGISTRY_READ_ONLY') {
    return `The service may not write its registry, so that its gate cannot move a trial on. Mount it writable (compose: MODELS_MODE=rw) and put the canary again; ${byHand}`;
  }
  if (error instanceof RefusedError) {
    return `It can be put on trial later: PUT /models/canary {"version": "${version}", "gate": true}; ${byHand}`;
  }
  return `The key must have the scope admin: PUT /models/canary {"version": "${version}", "gate": true}; ${byHand}`;
}

/** The version that is on trial as canary now, or null. */
export async function versionOnTrial(service: Service): Promise<string | null> {
  const { canary } = await service.get<{ canary: { version: string } | null }>('/models');
  return canary?.version ?? null;
}
