/* The test that would tell which of two placements is better: its size, and how to register it. */
import { useState } from 'react';
import { useMutation } from '@tanstack/react-query';
import { answer as answerOf, client, type Schemas } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { Button, Dialog, TextField } from '../shell/controls.js';
import { count, percent } from '../shell/format.js';
import { Failure } from '../shell/states.js';
import { Figure, signed } from './answer-parts.js';
import type { Question } from './asking.js';

type Answer = Schemas['CompareAnswer'];

interface TestProps {
  readonly answer: Answer;
  readonly question: Question;
  readonly names: readonly [string, string];
}

/** What a live test would take, and a way to register it. */
export function LiveTest({ answer, question, names }: TestProps) {
  const test = answer.live_test;
  if (test === undefined) {
    return (
      <div className="panel stack">
        <h2>A live test</h2>
        <p>The model sees no difference, so no size of a test would show one.</p>
      </div>
    );
  }
  const daily = Number(question.filled.given.daily);
  const days = Math.ceil((2 * test.impressions_per_arm_corrected) / daily);
  return (
    <div className="panel stack">
      <h2>A live test</h2>
      <Figure
        name="Impressions of each"
        value={test.impressions_per_arm_corrected.toLocaleString()}
        note={`to see ${signed(test.for_relative_uplift)} with a chance of ${percent(test.power)}, and a false alarm with ${percent(test.significance)}`}
      />
      {daily > 0 && (
        <p>
          <strong>{`${days.toLocaleString()} ${days === 1 ? 'day' : 'days'}`}</strong>
          {` with ${daily.toLocaleString()} impressions a day for both.`}
        </p>
      )}
      <RegisterTest answer={answer} question={question} names={names} />
    </div>
  );
}

/** Registers the test, so that outcomes of its arms are told apart. */
function RegisterTest({ answer, question, names }: TestProps) {
  const [isOpen, setOpen] = useState(false);
  const [name, setName] = useState('');
  const test = answer.live_test!;
  const register = useMutation({
    mutationFn: () => {
      const { a, b } = question.body as Record<'a' | 'b', Record<string, unknown>>;
      const uplift = Math.min(10, Math.max(0.001, Math.abs(test.for_relative_uplift)));
      const { significance, power } = test;
      const arms = [
        { name: 'A', record: a },
        { name: 'B', record: b },
      ];
      return answerOf(
        client.POST('/experiments', { body: { name, arms, uplift, significance, power } }),
      );
    },
  });
  const open = () => {
    register.reset();
    setName(`${names[1]} against ${names[0]}`.slice(0, 100));
    setOpen(true);
  };
  const made = register.data;
  return (
    <>
      <div>
        <Button onPress={open}>Register this test…</Button>
      </div>
      <Dialog title="Register a live test" isOpen={isOpen} onClose={() => setOpen(false)}>
        {made ? (
          <div className="stack">
            <p role="status">
              The test is registered as <code>{made.id}</code>. Send outcomes with these arms:
            </p>
            <ul>
              {made.arms.map(({ label }) => (
                <li key={label}>
                  <code>{label}</code>
                </li>
              ))}
            </ul>
            <p>
              What they say is under <a href="#/monitoring">Monitoring</a>.
            </p>
            <div className="actions">
              <Button onPress={() => setOpen(false)}>Close</Button>
            </div>
          </div>
        ) : (
          <div className="stack">
            <p>
              {`Arm A, the control, is “${names[0]}”; arm B is “${names[1]}”. Nothing that is served changes: the service only counts what comes of each.`}
            </p>
            <TextField label="Name" value={name} onChange={setName} autoFocus />
            <p className="soft">{`It is sized for a difference of ${percent(Math.abs(test.for_relative_uplift))}: ${count(test.impressions_per_arm)} impressions of each arm, looked at once.`}</p>
            {register.error && <Failure problem={asProblem(register.error)} />}
            <div className="actions">
              <Button onPress={() => setOpen(false)}>Cancel</Button>
              <Button
                variant="primary"
                isDisabled={register.isPending || name.trim() === ''}
                onPress={() => register.mutate()}
              >
                Register
              </Button>
            </div>
          </div>
        )}
      </Dialog>
    </>
  );
}
