import { type FormEvent, useState } from 'react';
import { Select, Switch, TextField } from '../shell/controls.js';
import { number } from '../shell/format.js';
import { type Column, Table } from '../shell/table.js';
import { missingOf, valuesOf } from './inspection.js';
import {
  asKind,
  type ColumnProfile,
  countingBy,
  type FeatureMapping,
  featureOf,
  type Inspection,
  type Kind,
  KINDS,
  type Mapping,
  nameFor,
  type Role,
  withExposure,
  withFeature,
  withRole,
} from './mapping.js';

const NONE = '';
const KIND_NAMES: Readonly<Record<Kind, string>> = {
  numeric: 'number',
  integer: 'whole number',
  categorical: 'one of a list',
  word: 'any word',
};

interface FormProps {
  readonly found: Inspection;
  readonly mapping: Mapping;
  readonly onChange: (mapping: Mapping) => void;
}

/** The draft of a mapping, to be looked through. */
export function MappingForm(props: FormProps) {
  const { mapping } = props;
  return (
    <section className="stack" aria-label="What the columns mean">
      <h2>What the columns mean</h2>
      <p>This is a guess of the trainer. Look it through: what is wrong here is learnt wrong.</p>
      <Roles {...props} />
      <Features {...props} />
      <details>
        <summary>The mapping as the trainer reads it</summary>
        <pre tabIndex={0} aria-label="Mapping">
          {JSON.stringify(mapping, null, 2)}
        </pre>
      </details>
    </section>
  );
}

function Roles({ found, mapping, onChange }: FormProps) {
  const [isLog, setLog] = useState(mapping.label !== undefined);
  const names = found.columns.map(({ name }) => ({ id: name, name }));
  const choices = [{ id: NONE, name: 'none' }, ...names];
  const role = (key: Role, label: string, hint: string) => (
    <Select
      label={label}
      hint={hint}
      choices={choices}
      value={mapping[key] ?? NONE}
      onChange={(id) => onChange(withRole(mapping, key, id === NONE ? undefined : id))}
    />
  );
  const count = (log: boolean) => {
    setLog(log);
    onChange(countingBy(mapping, log ? 'label' : 'counts'));
  };
  return (
    <>
      <Switch isSelected={isLog} onChange={count}>
        One row is one impression, clicked or not
      </Switch>
      {!isLog && (
        <Switch
          isSelected={mapping.exposure_feature === true}
          onChange={(wanted) => onChange(withExposure(mapping, wanted))}
        >
          Impressions are a feature too: how often an ad is shown may change how often it is clicked
        </Switch>
      )}
      <div className="grid small">
        {isLog && role('label', 'Clicked', 'The column of 0 and 1.')}
        {!isLog && role('impressions', 'Impressions', 'How often the ad was shown.')}
        {!isLog && role('clicks', 'Clicks', 'How often it was clicked.')}
        {role('time', 'Time', 'The latest rows judge the model.')}
        {role('group', 'Group', 'Rows that belong together, as a campaign’s.')}
        <Select
          label="Rows that break a rule"
          choices={[
            { id: 'refuse', name: 'stop the training' },
            { id: 'drop', name: 'are left out' },
          ]}
          value={mapping.dirty ?? 'refuse'}
          onChange={(dirty) => onChange({ ...mapping, dirty: dirty as 'drop' | 'refuse' })}
        />
      </div>
    </>
  );
}

/** A column of the data, or a derived one, and the feature that it is, if it is one. */
interface Row {
  readonly profile: ColumnProfile;
  readonly derivedBy?: string;
  readonly name?: string;
  readonly feature?: FeatureMapping;
  readonly because?: string;
}

function rowsOf({ columns, excluded }: Inspection, mapping: Mapping): Row[] {
  const { impressions, clicks, label, derived = {}, features } = mapping;
  const targets = [impressions, clicks, label];
  const made = Object.entries(derived).map(([name, derivedBy]) => ({
    profile: { name, type: 'derived', rows: 0, missing: 0, unreadable: 0, distinct: 0 },
    derivedBy,
  }));
  const all = [...columns.map((profile) => ({ profile, derivedBy: undefined })), ...made];
  const open = all.filter(({ profile: { name } }) => {
    // Of the default model, impressions are counted and learnt from.
    const isFeature = Object.values(features).some(({ column }) => column === name);
    return isFeature || !targets.includes(name);
  });
  return open.map(({ profile, derivedBy }) => {
    const [found] = Object.entries(features).filter(([, f]) => f.column === profile.name);
    const because = excluded.find(({ column }) => column === profile.name)?.because;
    return { profile, derivedBy, name: found?.[0], feature: found?.[1], because };
  });
}

function Features({ found, mapping, onChange }: FormProps) {
  const rows = rowsOf(found, mapping);
  const names = Object.keys(mapping.features);
  const use = ({ profile, name, because }: Row, isUsed: boolean) => {
    if (name !== undefined) return isUsed || onChange(withFeature(mapping, name, undefined));
    const feature = featureOf(profile, because?.includes('leak') === true);
    const made = nameFor(profile.name, names);
    return onChange(withFeature(mapping, made, { name: made, feature }));
  };
  const columns: Column<Row>[] = [
    {
      name: 'Learn from',
      cell: (row) => (
        <Switch isSelected={row.feature !== undefined} onChange={(used) => void use(row, used)}>
          <bdi className="name">{row.profile.name}</bdi>
        </Switch>
      ),
      sortBy: ({ profile }) => profile.name,
    },
    { name: 'What it is', cell: (row) => <About row={row} /> },
    {
      name: 'Missing',
      isNumber: true,
      cell: ({ profile }) => missingOf(profile),
      sortBy: ({ profile }) => profile.missing / Math.max(1, profile.rows),
    },
    {
      name: 'Different',
      isNumber: true,
      cell: ({ profile, derivedBy }) => (derivedBy ? '' : number(profile.distinct, 4)),
      sortBy: ({ profile }) => profile.distinct,
    },
    {
      name: 'Called in the API',
      cell: ({ name, feature, profile }) =>
        name !== undefined && (
          <NameField
            key={name}
            label={`Name of ${profile.name} in the API`}
            name={name}
            taken={names.filter((other) => other !== name)}
            onChange={(next) =>
              onChange(withFeature(mapping, name, { name: next, feature: feature! }))
            }
          />
        ),
    },
    {
      name: 'Read as',
      cell: ({ name, feature, profile }) =>
        feature !== undefined && (
          <div className="bare">
            <Select
              label={`How ${profile.name} is read`}
              choices={KINDS.map((id) => ({ id, name: KIND_NAMES[id] }))}
              value={feature.kind}
              onChange={(kind) => {
                const next = asKind(feature, kind as Kind, profile.type);
                onChange(withFeature(mapping, name!, { name: name!, feature: next }));
              }}
            />
          </div>
        ),
    },
  ];
  return (
    <div className="stack tight">
      <h3>{`Features: ${number(names.length)} of ${number(rows.length)} columns`}</h3>
      <Table
        caption="Columns and the features that they are"
        columns={columns}
        rows={rows}
        keyOf={({ profile }) => profile.name}
        most={40}
      />
    </div>
  );
}

function About({ row: { profile, derivedBy, because, feature } }: { readonly row: Row }) {
  return (
    <div className="about">
      <bdi>{derivedBy ?? `${profile.type}: ${valuesOf(profile)}`}</bdi>
      {because !== undefined && (
        <div className={feature ? 'warn-text' : 'soft'}>
          {feature ? 'Taken although ' : 'Left out: '}
          <bdi>{because}</bdi>
        </div>
      )}
    </div>
  );
}

/** A name is taken when it is whole, so that two features never share one while somebody types. */
function NameField({
  label,
  name,
  taken,
  onChange,
}: {
  readonly label: string;
  readonly name: string;
  readonly taken: readonly string[];
  readonly onChange: (name: string) => void;
}) {
  const [typed, setTyped] = useState(name);
  const isPlain = /^[a-z][a-z0-9_]*$/.test(typed);
  const error = taken.includes(typed)
    ? 'Another feature has this name.'
    : isPlain
      ? undefined
      : 'Small letters, digits and _, a letter first.';
  const take = (event?: FormEvent) => {
    event?.preventDefault();
    if (error === undefined && typed !== name) onChange(typed);
  };
  return (
    <form className="bare" onSubmit={take} onBlur={() => take()}>
      <TextField label={label} value={typed} onChange={setTyped} error={error} />
    </form>
  );
}
