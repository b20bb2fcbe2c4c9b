import { type FormEvent, useState } from 'react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { answer, client } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { Button, Dialog, NumberField, Select, Switch, TextField } from '../shell/controls.js';
import { Failure } from '../shell/states.js';
import type { ToldJob } from './jobs.js';
import { faultOf, type Mapping } from './mapping.js';

const AUTO = 'default';
const MODELS = [
  { id: AUTO, name: 'as the data suggests' },
  { id: 'auto', name: 'compare all kinds' },
  { id: 'forest', name: 'forest' },
  { id: 'boosted', name: 'boosted trees' },
  { id: 'blend', name: 'blend of both' },
  { id: 'average', name: 'average' },
];
const SPLITS = [
  { id: AUTO, name: 'the latest, if there is a time' },
  { id: 'rows', name: 'at random' },
  { id: 'date', name: 'the latest' },
  { id: 'group', name: 'whole groups' },
];

type Options = Record<string, unknown>;

/** Asks the service for a job. */
export function useStartJob(onStarted: (job: ToldJob) => void) {
  const queries = useQueryClient();
  return useMutation({
    networkMode: 'always',
    mutationFn: (body: { kind: 'inspect' | 'train'; file: string; options?: Options }) =>
      answer(client.POST('/training/jobs', { body: body as never })) as Promise<ToldJob>,
    onSuccess: (job) => {
      queries.setQueryData(['training', 'job', job.id], job);
      void queries.invalidateQueries({ queryKey: ['training', 'jobs'] });
      onStarted(job);
    },
  });
}

/** Settings of a training, and the button that starts it once it is said what that changes. */
export function TrainForm({
  file,
  mapping,
  onStarted,
}: {
  readonly file: { readonly id: string; readonly name: string };
  readonly mapping: Mapping;
  readonly onStarted: (job: ToldJob) => void;
}) {
  const [settings, setSettings] = useState({
    ...{ trees: 100, heldOut: 0.2, seed: 42, tune: 0 },
    ...{ model: AUTO, splitBy: AUTO, promote: false },
  });
  const [isAsking, setAsking] = useState(false);
  const start = useStartJob((job) => {
    setAsking(false);
    onStarted(job);
  });
  const set = (change: Partial<typeof settings>) =>
    setSettings((before) => ({ ...before, ...change }));
  const fault = faultOf(mapping);
  const ask = (event: FormEvent) => {
    event.preventDefault();
    start.reset();
    setAsking(true);
  };
  return (
    <form className="stack" aria-label="Train" onSubmit={ask}>
      <h2>Train</h2>
      <div className="grid small">
        <NumberField
          label="Trees"
          value={settings.trees}
          minValue={1}
          maxValue={5000}
          onChange={(trees) => set({ trees })}
          hint="More are smoother and slower."
        />
        <NumberField
          label="Held out"
          value={settings.heldOut}
          minValue={0.05}
          maxValue={0.5}
          step={0.05}
          formatOptions={{ style: 'percent' }}
          onChange={(heldOut) => set({ heldOut })}
          hint="Rows that only judge the model."
        />
        <Select
          label="Which rows are held out"
          choices={SPLITS}
          value={settings.splitBy}
          onChange={(splitBy) => set({ splitBy })}
        />
        <Select
          label="Kind of model"
          choices={MODELS}
          value={settings.model}
          onChange={(model) => set({ model })}
        />
        <NumberField
          label="Search settings for, seconds"
          value={settings.tune}
          minValue={0}
          maxValue={3600}
          onChange={(tune) => set({ tune })}
          hint="0: take the defaults."
        />
        <NumberField
          label="Seed"
          value={settings.seed}
          minValue={0}
          maxValue={2 ** 31 - 1}
          onChange={(seed) => set({ seed })}
          hint="Same seed, same model."
          formatOptions={{ useGrouping: false }}
        />
      </div>
      <Switch isSelected={settings.promote} onChange={(promote) => set({ promote })}>
        Serve the new version at once
      </Switch>
      {fault !== undefined && <p className="notice warn">{fault}</p>}
      <div className="actions">
        <Button type="submit" variant="primary" isDisabled={fault !== undefined}>
          Train…
        </Button>
      </div>
      <Dialog title="Train a model" isOpen={isAsking} onClose={() => setAsking(false)}>
        <div className="stack">
          <p>
            The trainer learns from <bdi className="name">{file.name}</bdi>
            {` and publishes a new version with ${features(mapping)}.`}
          </p>
          <p>
            {settings.promote
              ? 'All requests are answered by it as soon as it is there.'
              : 'What serves stays what it is until somebody promotes the new version.'}
          </p>
          {start.error && <Failure problem={asProblem(start.error)} />}
          <div className="actions">
            <Button onPress={() => setAsking(false)}>Cancel</Button>
            <Button
              variant={settings.promote ? 'danger' : 'primary'}
              isDisabled={start.isPending}
              onPress={() =>
                start.mutate({
                  kind: 'train',
                  file: file.id,
                  options: optionsOf(settings, mapping),
                })
              }
            >
              {settings.promote ? 'Train and serve' : 'Train'}
            </Button>
          </div>
        </div>
      </Dialog>
    </form>
  );
}

function features({ features: all }: Mapping): string {
  const names = Object.keys(all);
  return names.length === 1 ? 'one feature' : `${names.length} features`;
}

function optionsOf(
  settings: {
    trees: number;
    heldOut: number;
    seed: number;
    tune: number;
    model: string;
    splitBy: string;
    promote: boolean;
  },
  mapping: Mapping,
): Options {
  const { trees, heldOut, seed, tune, model, splitBy, promote } = settings;
  return {
    ...{ mapping, trees, held_out: heldOut, seed, promote },
    ...(tune > 0 && { tune }),
    ...(model !== AUTO && { model }),
    ...(splitBy !== AUTO && { split_by: splitBy }),
  };
}

/** What the trainer could not find out by itself, to look again with. */
export function ReadAgain({
  file,
  onStarted,
}: {
  readonly file: { readonly id: string };
  readonly onStarted: (job: ToldJob) => void;
}) {
  const [told, setTold] = useState<Record<string, string>>({});
  const start = useStartJob(onStarted);
  const text = (name: string, label: string, hint: string) => (
    <TextField
      label={label}
      hint={hint}
      value={told[name] ?? ''}
      onChange={(value) => setTold({ ...told, [name]: value })}
    />
  );
  const pick = (name: string, label: string, choices: { id: string; name: string }[]) => (
    <Select
      label={label}
      choices={[{ id: '', name: 'find out' }, ...choices]}
      value={told[name] ?? ''}
      onChange={(value) => setTold({ ...told, [name]: value })}
    />
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const options = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== ''));
    start.mutate({ kind: 'inspect', file: file.id, options });
  };
  return (
    <form className="stack" aria-label="Read it in another way" onSubmit={submit}>
      <h3>Read it in another way</h3>
      <div className="grid small">
        {text('impressions', 'Column of impressions', 'As the file calls it.')}
        {text('clicks', 'Column of clicks', 'As the file calls it.')}
        {text('label', 'Column of 0 and 1', 'Instead of both, if a row is an impression.')}
        {text('encoding', 'Encoding', 'Such as windows-1252.')}
        {text('sheet', 'Sheet of a workbook', 'By name or place.')}
        {pick('decimal', 'Decimal mark', [
          { id: 'point', name: 'point: 1,234.5' },
          { id: 'comma', name: 'comma: 1.234,5' },
        ])}
        {pick('dates', 'Dates such as 07/09/2026', [
          { id: 'dmy', name: 'are in September' },
          { id: 'mdy', name: 'are in July' },
        ])}
      </div>
      {start.error && <Failure problem={asProblem(start.error)} />}
      <div className="actions">
        <Button type="submit" isDisabled={start.isPending}>
          Look again
        </Button>
      </div>
    </form>
  );
}
