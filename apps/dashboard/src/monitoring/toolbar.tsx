/* Of which days, which version and at what price: the question that all reports of the page answer. */
import { type FormEvent, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { answer, client } from '../api/client.js';
import { Button, NumberField, Select, TextField } from '../shell/controls.js';
import { dayAfter, type Place, type View, today } from './question.js';

const ranges = [7, 14, 28, 90, 365];
const AS_SET = 'service';
const CUSTOM = 'custom';
const ALL = 'all';

export function Toolbar({
  place,
  go,
  view,
}: {
  readonly place: Place;
  readonly go: (change: Place) => void;
  readonly view: View;
}) {
  if (view === 'experiments' || view === 'maturity') return null;
  const isReport = view !== 'decisions';
  return (
    <div className="panel toolbar" role="group" aria-label="What is shown">
      <RangePicker
        key={`${place.from} ${place.to}`}
        place={place}
        go={go}
        otherwise={isReport ? 'As the service is set' : 'All'}
      />
      {isReport && <ModelPicker place={place} go={go} />}
      <Select
        label="Days that still grow"
        choices={
          isReport
            ? [
                { id: 'correct', name: 'Corrected' },
                { id: 'leave-out', name: 'Left out' },
              ]
            : [
                { id: 'leave-out', name: 'Left out' },
                { id: 'count', name: 'Counted as they are' },
              ]
        }
        value={
          isReport
            ? place.young === 'leave-out'
              ? 'leave-out'
              : 'correct'
            : place.young === 'count'
              ? 'count'
              : 'leave-out'
        }
        onChange={(id) =>
          go({ young: id === 'correct' || (!isReport && id === 'leave-out') ? undefined : id })
        }
      />
      {isReport && <Price place={place} go={go} />}
      {isReport && (
        <Select
          label="False finds"
          choices={[0.01, 0.05, 0.1, 0.2].map((alpha) => ({
            ...{ id: String(alpha), name: `1 in ${Math.round(1 / alpha)}` },
          }))}
          value={String(place.alpha ?? 0.05)}
          onChange={(id) => go({ alpha: Number(id) === 0.05 ? undefined : Number(id) })}
        />
      )}
    </div>
  );
}

interface PickerProps {
  readonly place: Place;
  readonly go: (change: Place) => void;
}

/** @param otherwise which days are shown where none are chosen */
function RangePicker({ place, go, otherwise }: PickerProps & { readonly otherwise: string }) {
  const isGiven = place.from !== undefined || place.to !== undefined;
  const [isOpen, setOpen] = useState(isGiven);
  const [from, setFrom] = useState(place.from ?? dayAfter(today(), -27));
  const [to, setTo] = useState(place.to ?? today());
  const choose = (id: string) => {
    setOpen(id === CUSTOM);
    if (id === CUSTOM) return;
    go({ days: id === AS_SET ? undefined : Number(id), from: undefined, to: undefined });
  };
  const error = problemOf(from, to);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (error === undefined) go({ from, to, days: undefined });
  };
  const known = ranges.includes(place.days ?? 0) ? String(place.days) : AS_SET;
  return (
    <>
      <Select
        label="Days"
        choices={[
          { id: AS_SET, name: otherwise },
          ...ranges.map((days) => ({ id: String(days), name: `Last ${days}` })),
          { id: CUSTOM, name: 'From … to …' },
        ]}
        value={isOpen ? CUSTOM : known}
        onChange={choose}
      />
      {isOpen && (
        <form className="toolbar" onSubmit={submit}>
          <TextField label="First day" type="date" value={from} onChange={setFrom} error={error} />
          <TextField label="Last day" type="date" value={to} onChange={setTo} />
          <Button type="submit" variant="primary" isDisabled={error !== undefined}>
            Show
          </Button>
        </form>
      )}
    </>
  );
}

function problemOf(from: string, to: string): string | undefined {
  if (from === '' || to === '') return 'Two days are wanted';
  if (from > to) return 'It is after the last day';
  if (to > today()) return 'The last day is still to come';
  return undefined;
}

function ModelPicker({ place, go }: PickerProps) {
  const { data } = useQuery({
    queryKey: ['models'],
    queryFn: ({ signal }) => answer(client.GET('/models', { signal })),
  });
  const versions = data?.versions.map(({ version }) => version) ?? [];
  const named = place.model !== undefined && !versions.includes(place.model) ? [place.model] : [];
  return (
    <Select
      label="Version of the model"
      choices={[
        { id: ALL, name: 'All versions' },
        ...[...named, ...versions].map((version) => ({
          ...{ id: version, name: version === data?.current ? `${version} (current)` : version },
        })),
      ]}
      value={place.model ?? ALL}
      onChange={(id) => go({ model: id === ALL ? undefined : id })}
    />
  );
}

function Price({ place, go }: PickerProps) {
  return (
    <NumberField
      label="Worth of a click"
      value={place.value ?? NaN}
      minValue={0}
      onChange={(value) => go({ value: value > 0 ? value : undefined })}
    />
  );
}
