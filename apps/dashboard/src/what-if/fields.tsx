import { memo, type ChangeEvent, type CSSProperties } from 'react';
import type { PlacementRecord } from '../api/client.js';
import { NumberField, Select, Switch } from '../shell/controls.js';
import { number } from '../shell/format.js';
import { measureFrame } from './frame.js';
import {
  isNumber,
  isOptional,
  movedTo,
  ruleBroken,
  scaleOf,
  shareOf,
  startRecord,
  type Card,
  type Value,
} from './schema.js';
import { WordField } from './words.js';

interface FieldProps {
  readonly card: Card;
  /** Place of the feature in the schema. */
  readonly place: number;
  readonly version: string;
  readonly value: Value;
  readonly isUnknown: boolean;
  readonly onChange: (name: string, value: Value) => void;
}

/** A control for each feature of a model. @param onChange must stay the same function */
export function Fields({
  card,
  version,
  record,
  unknown,
  onChange,
}: {
  readonly card: Card;
  readonly version: string;
  readonly record: PlacementRecord;
  /** Features whose words the model does not know. */
  readonly unknown: readonly string[];
  readonly onChange: (name: string, value: Value) => void;
}) {
  return (
    <div className="wi-fields">
      {card.schema.features.map(({ name }, place) => (
        <Field
          key={name}
          {...{ card, place, version, onChange }}
          value={record[name]}
          isUnknown={unknown.includes(name)}
        />
      ))}
    </div>
  );
}

/** While one slider moves, the others have nothing to do. */
const Field = memo(function Field(props: FieldProps) {
  const { card, place, version, value, isUnknown, onChange } = props;
  const feature = card.schema.features[place];
  const change = (to: Value) => onChange(feature.name, to);
  if (feature.kind === 'word') {
    return <WordField {...{ feature, version, value, isUnknown }} onChange={change} />;
  }
  const isMissing = (value ?? null) === null;
  const start = () => change(startRecord(card)[feature.name]);
  return (
    <div className="wi-field">
      {!isMissing && isNumber(feature) && <NumberControl {...props} />}
      {!isMissing && feature.kind === 'categorical' && <CategoryControl {...props} />}
      {isMissing && <p className="label">{feature.name}</p>}
      {isOptional(card, place) && (
        <Switch isSelected={isMissing} onChange={(to) => (to ? change(undefined) : start())}>
          {feature.bias === undefined
            ? `${feature.name} is missing`
            : `Without ${feature.name}: held at ${feature.bias.heldAt}`}
        </Switch>
      )}
    </div>
  );
});

function CategoryControl({ card, place, value, onChange }: FieldProps) {
  const feature = card.schema.features[place];
  const rows = card.training?.ranges?.[feature.name]?.categories;
  const isSeen = rows === undefined || (rows[value as string] ?? 0) > 0;
  return (
    <Select
      label={feature.name}
      choices={feature.categories!.map((name) => ({ id: name, name }))}
      value={value as string}
      onChange={(id) => onChange(feature.name, id)}
      hint={
        isSeen ? feature.description : <span className="wi-warn">No training row had this.</span>
      }
    />
  );
}

/** A slider moves in so many steps. */
const STEPS = 1000;

/** A slider over what training held and somewhat beyond, and the number to be typed. */
function NumberControl({ card, place, value, onChange }: FieldProps) {
  const feature = card.schema.features[place];
  const { name, description } = feature;
  const scale = scaleOf(card, place);
  const now = value as number;
  const isTold = card.training?.ranges?.[name]?.minimum !== undefined;
  const isOutside = isTold && (now < scale.from || now > scale.to);
  const range = `${number(scale.from)} to ${number(scale.to)}`;
  const move = ({ target, timeStamp }: ChangeEvent<HTMLInputElement>) => {
    measureFrame(timeStamp);
    onChange(name, movedTo(feature, scale, now, Number(target.value) / STEPS));
  };
  const type = (typed: number) => {
    if (ruleBroken(card, place, typed) === undefined) onChange(name, typed);
  };
  const track = { '--from': shareOf(scale, scale.from), '--to': shareOf(scale, scale.to) };
  return (
    <>
      <NumberField
        label={name}
        value={now}
        onChange={type}
        {...(feature.minimum !== undefined && { minValue: feature.minimum })}
        {...(feature.maximum !== undefined && { maxValue: feature.maximum })}
        {...(feature.kind === 'integer' && { step: 1 })}
        formatOptions={DIGITS}
      />
      <input
        type="range"
        className="wi-slider"
        aria-label={`${name}, slider`}
        aria-valuetext={`${number(now, 6)}${isOutside ? ', outside of the training data' : ''}`}
        min={0}
        max={STEPS}
        value={Math.round(STEPS * shareOf(scale, now))}
        onChange={move}
        style={track as CSSProperties}
      />
      <p className={isOutside ? 'wi-warn' : 'hint'}>
        {isOutside
          ? `Outside of what training held, ${range}: the model extrapolates.`
          : [description, isTold && `Training held ${range}.`].filter(Boolean).join(' ')}
      </p>
    </>
  );
}

/** As typed: nothing is rounded on the way. */
const DIGITS = { maximumFractionDigits: 12 };
