import { memo } from 'react';
import { Select, TextField } from '../shell/controls.js';
import type { Column } from './columns.js';
import type { Decision, Setting, Settings } from './decisions.js';
import { draftStore } from './draft.js';
import { type Filled, isGrid, type Wrong } from './requests.js';
import { isBlank } from './rows.js';

interface FormProps {
  readonly decision: Decision;
  readonly filled: Filled;
  readonly wrong: readonly Wrong[];
}

/** The settings of a decision: those that most people need, and the others on request. */
export const SettingsForm = memo(function SettingsForm(props: FormProps) {
  const { decision, filled } = props;
  const main = decision.settings.filter(({ isMain }) => isMain);
  const more = decision.settings.filter(({ isMain }) => !isMain);
  const isOpen = props.wrong.some(({ setting }) => more.some(({ name }) => name === setting));
  return (
    <div className="stack">
      {main.length > 0 && (
        <div className="fields">
          {main.map((setting) => (
            <Field key={setting.name} setting={setting} {...props} />
          ))}
        </div>
      )}
      {isGrid(decision.name, filled.given) && <Variations {...props} />}
      <details open={isOpen || undefined}>
        <summary>More settings</summary>
        <div className="fields">
          {more.map((setting) => (
            <Field key={setting.name} setting={setting} {...props} />
          ))}
        </div>
      </details>
    </div>
  );
});

function Field({ setting, decision, filled, wrong }: FormProps & { setting: Setting }) {
  const { given } = filled;
  const { name, label, kind, choices, isNeeded } = setting;
  const error = wrong.find((one) => one.setting === name)?.message;
  const change = (text: string) => draftStore.set(decision.name, { [name]: text });
  const place = Number(given[name] || (name === 'b' ? 2 : 1)) - 1;
  const about = ['a', 'b', 'base'].includes(name) ? summaryOf(filled, place) : undefined;
  const hint = about ?? setting.hint;
  const own = {
    label: isNeeded ? `${label} (needed)` : label,
    ...(error !== undefined && { error }),
    ...(hint !== undefined && { hint }),
  };
  if (kind === 'choice') {
    const value = given[name] || choices![0].id;
    return <Select {...own} choices={choices!} value={value} onChange={change} />;
  }
  return <TextField {...own} value={given[name] ?? ''} onChange={change} autoComplete="off" />;
}

/** The row that a setting names, in a few words. */
function summaryOf({ rows, columns }: Filled, place: number): string | undefined {
  const row = rows[place];
  if (row === undefined || isBlank(row)) return 'That row is empty.';
  const text = columns.flatMap(({ key }) => row.cells[key] ?? []).join(' · ');
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** Which values each feature takes in turn; every combination is looked at. */
function Variations(props: FormProps) {
  const features = props.filled.columns.filter(({ key }) => key.startsWith('record.'));
  const base: Setting = {
    name: 'base',
    label: 'Row to vary',
    kind: 'integer',
    hint: '1 if empty.',
  };
  return (
    <fieldset className="variations">
      <legend>Variations</legend>
      <div className="fields">
        <Field {...props} setting={base} />
        {features.map((column) => (
          <Field
            key={column.key}
            {...props}
            setting={{
              name: `vary.${column.name}`,
              label: `${column.label}: values`,
              kind: 'text',
              hint: hintOf(column),
            }}
          />
        ))}
      </div>
    </fieldset>
  );
}

function hintOf({ kind, choices, minimum, maximum }: Column): string {
  if (kind === 'choice') {
    return `Such as ${choices!.slice(0, 6).join(', ')}.`;
  }
  if (kind === 'word') return 'Words with commas between them, or how many of the commonest.';
  const isSmall = minimum !== undefined && maximum !== undefined && maximum - minimum < 100;
  return isSmall
    ? `Such as ${minimum}, ${minimum + 1}, up to ${maximum}.`
    : 'Such as 1000, 5000, 20000.';
}

/** Variations where nobody has said any: of the first two features that have few values. */
export function usualVariations(columns: readonly Column[]): Settings {
  const few = columns.flatMap(({ key, name, kind, choices, minimum, maximum }) => {
    if (!key.startsWith('record.')) return [];
    if (kind === 'choice') return [{ name, values: choices!.slice(0, 12) }];
    if (kind === 'word') return [{ name, values: ['10'] }];
    if (kind !== 'integer' || minimum === undefined || maximum === undefined) return [];
    if (maximum - minimum >= 24) return [];
    const values = Array.from({ length: maximum - minimum + 1 }, (_, i) => String(minimum + i));
    return [{ name, values }];
  });
  return Object.fromEntries(
    few.slice(0, 2).map(({ name, values }) => [`vary.${name}`, values.join(', ')]),
  );
}
