/* Registers an experiment; what it would take is asked for while the form is filled in. */
import { type FormEvent, useDeferredValue, useState } from 'react';
import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { answer, client, type Schemas } from '../api/client.js';
import { asProblem, type Problem } from '../api/problem.js';
import { Button, Dialog, NumberField, TextField } from '../shell/controls.js';
import { count } from '../shell/format.js';
import { Failure } from '../shell/states.js';
import { MONITORING } from './reports.js';

type Request = Schemas['ExperimentRequest'];

const SHARE = { style: 'percent', maximumFractionDigits: 1 } as const;
const empty: Request = {
  ...{ name: '', arms: [{ name: 'control' }, { name: '' }] },
  ...{ uplift: 0.1, significance: 0.05, power: 0.8, dispersion: 1, baseline_ctr: 0.02 },
};

export function Register({ onRegistered }: { readonly onRegistered: (id: string) => void }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button variant="primary" onPress={() => setOpen(true)}>
        Register an experiment
      </Button>
      <Dialog title="Register an experiment" isOpen={isOpen} onClose={() => setOpen(false)}>
        <Form
          onClose={() => setOpen(false)}
          onRegistered={(id) => {
            setOpen(false);
            onRegistered(id);
          }}
        />
      </Dialog>
    </>
  );
}

/** The message of the service about a field, if it has any. */
const errorOf = (problem: Problem | undefined, field: string): string | undefined =>
  problem?.errors.find((error) => error.field === field)?.message;

const FIELDS =
  /^(name|uplift|baseline_ctr|significance|power|dispersion|arms\[\d+\]\.(name|share))$/;

/** Whether all that is wrong stands below the fields that it is of. */
const isShownByFields = ({ errors }: Problem): boolean =>
  errors.length > 0 && errors.every(({ field }) => FIELDS.test(field));

function Form({
  onClose,
  onRegistered,
}: {
  readonly onClose: () => void;
  readonly onRegistered: (id: string) => void;
}) {
  const [wanted, setWanted] = useState(empty);
  const queries = useQueryClient();
  const register = useMutation({
    mutationFn: () => answer(client.POST('/experiments', { body: wanted })),
    onSuccess: async ({ id }) => {
      await queries.invalidateQueries({ queryKey: [MONITORING] });
      onRegistered(id);
    },
  });
  const change = (part: Partial<Request>) => {
    register.reset();
    setWanted((before) => ({ ...before, ...part }));
  };
  const problem = register.error ? asProblem(register.error) : undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    register.mutate();
  };
  return (
    <form className="stack" onSubmit={submit}>
      <TextField
        autoFocus
        label="Name"
        value={wanted.name}
        onChange={(name) => change({ name })}
        error={errorOf(problem, 'name')}
      />
      <Arms arms={wanted.arms} change={change} problem={problem} />
      <Numbers wanted={wanted} change={change} problem={problem} />
      <Size wanted={wanted} />
      {problem && !isShownByFields(problem) && <Failure problem={problem} />}
      <div className="actions">
        <Button onPress={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" isDisabled={register.isPending}>
          Register
        </Button>
      </div>
    </form>
  );
}

interface FieldsProps {
  readonly change: (part: Partial<Request>) => void;
  readonly problem: Problem | undefined;
}

const MOST_ARMS = 20;

function Arms({ arms, change, problem }: FieldsProps & Pick<Request, 'arms'>) {
  const set = (i: number, part: Partial<Request['arms'][number]>) =>
    change({ arms: arms.map((arm, other) => (other === i ? { ...arm, ...part } : arm)) });
  return (
    <fieldset className="experiment-arms">
      <legend>Arms: the first is the control</legend>
      {arms.map((arm, i) => (
        <div key={i} className="arm">
          <TextField
            label={i === 0 ? 'Control' : `Arm ${i}`}
            value={arm.name}
            onChange={(name) => set(i, { name })}
            error={errorOf(problem, `arms[${i}].name`)}
          />
          <NumberField
            label={`Share of ${i === 0 ? 'the control' : `arm ${i}`}`}
            value={arm.share ?? NaN}
            formatOptions={SHARE}
            minValue={0}
            maxValue={1}
            onChange={(share) => set(i, share > 0 ? { share } : { share: undefined as never })}
            error={errorOf(problem, `arms[${i}].share`)}
          />
          {arms.length > 2 && i > 0 && (
            <Button
              aria-label={`Remove arm ${i}`}
              onPress={() => change({ arms: arms.filter((_arm, other) => other !== i) })}
            >
              Remove
            </Button>
          )}
        </div>
      ))}
      <p className="hint">Names are of letters, digits and . _ -; shares left empty are equal.</p>
      <Button
        isDisabled={arms.length >= MOST_ARMS}
        onPress={() => change({ arms: [...arms, { name: '' }] })}
      >
        Add an arm
      </Button>
    </fieldset>
  );
}

function Numbers({ wanted, change, problem }: FieldsProps & { readonly wanted: Request }) {
  const fields = [
    { name: 'uplift', label: 'Least uplift worth knowing', isShare: true },
    { name: 'baseline_ctr', label: 'CTR of the control', isShare: true },
    { name: 'significance', label: 'Share of false findings', isShare: true },
    { name: 'power', label: 'Chance to find it', isShare: true },
    { name: 'dispersion', label: 'Clicks vary more, times', isShare: false },
  ] as const;
  return (
    <div className="grid small">
      {fields.map(({ name, label, isShare }) => (
        <NumberField
          key={name}
          label={label}
          value={wanted[name] ?? NaN}
          {...(isShare && { formatOptions: { style: 'percent', maximumFractionDigits: 3 } })}
          minValue={0}
          onChange={(value) =>
            change({ [name]: Number.isNaN(value) ? undefined : value } as Partial<Request>)
          }
          error={errorOf(problem, name)}
        />
      ))}
    </div>
  );
}

/** What the form as it is would take. Names do not matter for it. */
function Size({ wanted }: { readonly wanted: Request }) {
  const asked = useDeferredValue(wanted);
  const body = {
    ...asked,
    name: 'a plan',
    arms: asked.arms.map((arm, i) => ({ ...arm, name: `arm-${i}` })),
  };
  const plan = useQuery({
    queryKey: ['experiment-plan', body],
    queryFn: ({ signal }) => answer(client.POST('/experiments/plan', { body, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });
  if (plan.error) {
    const { errors, message } = asProblem(plan.error);
    return <p className="notice warn">{errors[0]?.message ?? message}</p>;
  }
  const size = plan.data?.size;
  return (
    <p className="notice" role="status">
      {plan.data === undefined
        ? 'Asking what it takes…'
        : size
          ? `It takes ${count(size.impressions)} impressions of all arms if it is looked at all the time, or ${count(size.impressions_per_arm_fixed)} an arm if it is looked at once.`
          : 'Say what CTR the control has to know how many impressions it takes.'}
    </p>
  );
}
