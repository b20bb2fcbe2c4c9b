/* Having a version answer or be compared with a share of the requests: plain, or as the gate decides. */
import { type Dispatch, type SetStateAction, useState } from 'react';
import { answer, client, type Schemas } from '../api/client.js';
import { NumberField, Select, TextField } from '../shell/controls.js';
import { AdminButton } from './admin.js';
import type { Models } from './asked.js';

type GateOptions = Schemas['GateOptionsRequest'];
export type TryRole = 'gated' | 'canary' | 'shadow';

/** What the service takes for options that are left out. */
export const gateDefaults = {
  ...{ least_clicks: 25_000, least_answers: 100, least_hours: 24, slow_ms: 5 },
  ...{ alpha: 0.05, tolerance: 0.03, entropy_tolerance: 0.002 },
} as const;
type GateNumber = keyof typeof gateDefaults;
const DEFAULT_STEPS = '1, 5, 25, 100';

interface Wanted {
  readonly version: string;
  readonly role: TryRole;
  readonly percent: number;
  readonly steps: string;
  readonly gate: Readonly<Partial<Record<GateNumber, number>>>;
}

const roles = [
  { id: 'gated', name: 'Canary that grows by itself (gated)' },
  { id: 'canary', name: 'Canary of a fixed share' },
  { id: 'shadow', name: 'Shadow: compared, never sent' },
];

export function TryButton({
  models,
  role,
  version,
  name,
}: {
  readonly models: Models;
  readonly role: TryRole;
  /** Undefined: to be chosen. */
  readonly version?: string;
  readonly name: string;
}) {
  const candidates = models.versions.filter(
    (v) => v.version !== models.current && v.created_at !== null,
  );
  const first = version ?? candidates[0]?.version ?? '';
  const fresh = { version: first, role, percent: 5, steps: DEFAULT_STEPS, gate: {} };
  const [wanted, want] = useState<Wanted>(fresh);
  if (candidates.length === 0) {
    return <p className="soft">Train another version to try one.</p>;
  }
  const asked = { ...wanted, version: version ?? (wanted.version || first) };
  return (
    <AdminButton
      name={name}
      title="Try a version"
      confirmName="Begin"
      seen={models}
      act={() => begin(asked)}
    >
      {(now) => (
        <>
          <Form now={now} wanted={asked} want={want} isFixed={version !== undefined} />
          <Sentences now={now} wanted={asked} />
        </>
      )}
    </AdminButton>
  );
}

/** Options as the service takes them: those that differ from its defaults. */
export function gateOf({ steps, gate }: Pick<Wanted, 'steps' | 'gate'>): true | GateOptions {
  const given = Object.entries(gate).filter(
    ([name, value]) => !Number.isNaN(value) && value !== gateDefaults[name as GateNumber],
  );
  const options: GateOptions = Object.fromEntries(given);
  // What is no number is for the service to refuse, by name.
  if (steps.replaceAll(/\s/g, '') !== DEFAULT_STEPS.replaceAll(' ', '')) {
    options.steps = steps.split(',').map((step) => Number(step.trim() || NaN));
  }
  return Object.keys(options).length === 0 ? true : options;
}

async function begin(wanted: Wanted): Promise<string> {
  const { version, role, percent } = wanted;
  if (role === 'shadow') {
    await answer(client.PUT('/models/shadow', { body: { version, percent } }));
    return `${version} is compared with ${percent} % of the answers.`;
  }
  const gate = role === 'gated' ? gateOf(wanted) : undefined;
  const body = gate === undefined ? { version, percent } : { version, gate };
  const { canary } = await answer(client.PUT('/models/canary', { body }));
  return `${version} answers ${canary?.percent ?? 0} % of the requests.`;
}

type Change = (change: Partial<Wanted> | ((before: Wanted) => Partial<Wanted>)) => void;

function Form({
  now,
  wanted,
  want,
  isFixed,
}: {
  readonly now: Models;
  readonly wanted: Wanted;
  readonly want: Dispatch<SetStateAction<Wanted>>;
  readonly isFixed: boolean;
}) {
  // Of the latest state: two fields may change before the form is drawn again.
  const set: Change = (change) =>
    want((before) => ({ ...before, ...(typeof change === 'function' ? change(before) : change) }));
  const choices = now.versions
    .filter(({ version, created_at }) => version !== now.current && created_at !== null)
    .map(({ version }) => ({ id: version, name: version }));
  return (
    <>
      {!isFixed && (
        <Select
          label="Version"
          choices={choices}
          value={wanted.version}
          onChange={(version) => set({ version })}
        />
      )}
      <Select
        label="How"
        choices={roles}
        value={wanted.role}
        onChange={(role) => set({ role: role as TryRole })}
      />
      {wanted.role === 'gated' ? (
        <GateFields wanted={wanted} set={set} />
      ) : (
        <NumberField
          label="Share of the requests, per cent"
          value={wanted.percent}
          onChange={(percent) => set({ percent })}
          hint="Above 0, at most 100."
        />
      )}
    </>
  );
}

const main: readonly GateNumber[] = ['least_clicks', 'least_hours', 'least_answers'];
const finer: readonly GateNumber[] = ['alpha', 'tolerance', 'entropy_tolerance', 'slow_ms'];

const labels: Record<GateNumber, readonly [label: string, hint: string]> = {
  least_clicks: ['Clicks of a step at least', 'Of all traffic.'],
  least_hours: ['Hours of a step at least', ''],
  least_answers: ['Answers of a step at least', '0 where only batches or streams are asked for.'],
  alpha: ['Alpha', 'How often a canary that is no worse may be aborted, over the whole trial.'],
  tolerance: ['Tolerance of clicks', 'By how much clicks may miss what it expects, as a fraction.'],
  entropy_tolerance: [
    'Tolerance of entropy',
    'By how much its normalised entropy may be above that of the current version.',
  ],
  slow_ms: ['A slow answer, ms', 'An answer that takes longer is a slow one.'],
};

function GateFields({ wanted, set }: { readonly wanted: Wanted; readonly set: Change }) {
  const field = (name: GateNumber) => (
    <NumberField
      key={name}
      label={labels[name][0]}
      hint={labels[name][1]}
      value={wanted.gate[name] ?? gateDefaults[name]}
      onChange={(value) => set(({ gate }) => ({ gate: { ...gate, [name]: value } }))}
      formatOptions={{ maximumFractionDigits: 6 }}
    />
  );
  return (
    <>
      <TextField
        label="Steps, per cent of the requests"
        value={wanted.steps}
        onChange={(steps) => set({ steps })}
        hint="They rise to 100, where it is promoted."
      />
      <div className="grid small">{main.map(field)}</div>
      <details>
        <summary>How it is judged</summary>
        <div className="grid small models-more">{finer.map(field)}</div>
      </details>
    </>
  );
}

/** What will happen, by name. */
function Sentences({ now, wanted }: { readonly now: Models; readonly wanted: Wanted }) {
  const { version, role, percent, steps, gate } = wanted;
  const current = now.current ?? 'the current version';
  if (role === 'shadow') {
    return (
      <p>
        <b>{version}</b> will be asked what it would have answered to {percent} % of the requests
        that <b>{current}</b> answers. Its answers are never sent.
        {now.shadow && ` It takes the place of the shadow ${now.shadow.version}.`}
      </p>
    );
  }
  const [first, ...later] = steps.split(',').map((step) => step.trim());
  const clicks = gate.least_clicks ?? gateDefaults.least_clicks;
  const hours = gate.least_hours ?? gateDefaults.least_hours;
  return (
    <p>
      <b>{version}</b> will answer {role === 'gated' ? first : percent} % of the requests to{' '}
      <code>/predict_ctr</code>, and <b>{current}</b> the rest.{' '}
      {role === 'gated'
        ? `While outcomes speak for it, it grows to ${later.map((step) => `${step} %`).join(', ')} and is promoted; a step takes ${clicks.toLocaleString()} clicks and ${hours} hours at least. When they speak against it, it goes back at once.`
        : 'It stays so until somebody changes it.'}
      {now.canary && ` It takes the place of the canary ${now.canary.version}.`}
    </p>
  );
}
