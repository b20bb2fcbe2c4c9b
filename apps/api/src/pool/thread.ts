/*
 * What a thread of the pool runs: it decides and explains by models that it was given, one task after
 * the other. A model comes in shared memory, once; one that the service does not hold any more is
 * dropped with the next task.
 */
import { CtrModel } from '@adscale/ctr';
import {
  DecisionError,
  type DecisionOptions,
  allocate,
  compare,
  curve,
  forecast,
  hindsight,
  opportunities,
  rank,
  solveHere,
} from '@adscale/decisions';
import { parse } from 'secure-json-parse';
import type { Decided, DecisionName, Explained, Reply, Task, Work } from './task.js';

type Decide = (model: CtrModel, request: unknown, options: DecisionOptions) => unknown;

const decisions: Readonly<Record<DecisionName, Decide>> = {
  rank,
  forecast,
  compare,
  curve,
  opportunities,
  // This thread has nothing else to do meanwhile.
  allocate: (model, request, options) => allocate(model, request, { ...options, solve: solveHere }),
};

const models = new Map<number, CtrModel>();

/** Ends a task that nobody waits for. */
class Stopped extends Error {}

/** Does a task; called by the pool. @throws what is no refusal */
export default async function work(task: Task): Promise<Reply> {
  const { work: wanted, left } = task;
  const model = modelOf(task);
  if (wanted.kind === 'sweep') return { kind: 'swept', models: models.size };
  if (model === undefined) return { kind: 'model wanted' };
  const onStep = (): void => {
    if (Atomics.load(left, 0) === 1) throw new Stopped();
  };
  try {
    if (wanted.kind === 'explanation') return explain(model, wanted.row, onStep);
    if (wanted.kind === 'hindsight') return await judge(model, wanted, onStep);
    return await decide(model, wanted.name, wanted.body, onStep);
  } catch (error) {
    if (error instanceof Stopped) return { kind: 'stopped' };
    throw error;
  }
}

function explain({ explainer }: CtrModel, row: Float64Array, onStep: () => void): Explained {
  const steps = explainer.steps(row);
  for (;;) {
    onStep();
    const step = steps.next();
    if (step.done) return { kind: 'explained', explanation: step.value };
  }
}

function modelOf({ model: number, shared, held }: Task): CtrModel | undefined {
  for (const other of models.keys()) {
    if (other !== number && !held.includes(other)) models.delete(other);
  }
  const known = models.get(number);
  if (known !== undefined || shared === undefined) return known;
  const model = CtrModel.receive(shared);
  models.set(number, model);
  return model;
}

async function decide(
  model: CtrModel,
  name: DecisionName,
  body: string | undefined,
  onStep: () => void,
): Promise<Decided> {
  const request = body === undefined ? undefined : parsed(body);
  if (request instanceof SyntaxError) return { kind: 'malformed' };
  const judged: number[] = [];
  // Words are all that is counted of rows.
  const onRow = model.words && ((row: ArrayLike<number>) => void judged.push(...Array.from(row)));
  try {
    const text = JSON.stringify(await decisions[name](model, request, { onRow, onStep }));
    return { kind: 'decided', text, rows: Float64Array.from(judged) };
  } catch (error) {
    if (!(error instanceof DecisionError)) throw error;
    const { code, detail, field, cause } = error;
    const rows = Float64Array.from(judged);
    const behind = cause === undefined ? undefined : String(cause);
    return { kind: 'refused', code, detail, field, cause: behind, rows };
  }
}

async function judge(
  model: CtrModel,
  { name, content, observed }: Extract<Work, { kind: 'hindsight' }>,
  onStep: () => void,
): Promise<Decided> {
  const decision = { name, ...(JSON.parse(content) as { request: unknown; answer: unknown }) };
  const counted = observed.map(({ shown, ...counts }) => ({
    ...counts,
    shown: shown.map(({ cell, impressions }) => ({ record: JSON.parse(cell), impressions })),
  }));
  const judged = await hindsight(model, decision, counted, { solve: solveHere, onStep });
  return { kind: 'decided', text: JSON.stringify(judged), rows: new Float64Array() };
}

/** As Fastify parses bodies, which refuses keys such as __proto__. */
function parsed(text: string): unknown {
  try {
    return parse(text, null, { protoAction: 'error', constructorAction: 'error' });
  } catch (error) {
    return error;
  }
}
