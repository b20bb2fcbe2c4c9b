import { useEffect, useState, type KeyboardEvent } from 'react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import {
  Button as AriaButton,
  ComboBox,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Text,
} from 'react-aria-components';
import { answer, client } from '../api/client.js';
import { asProblem } from '../api/problem.js';
import { count, percent } from '../shell/format.js';
import type { Feature, Value } from './schema.js';

/** Milliseconds without a key pressed before words are searched. */
const PAUSE_MS = 150;

/** The latest value that stayed for a while. */
export function useSettled<T>(value: T, pause: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), pause);
    return () => clearTimeout(timer);
  }, [value, pause]);
  return settled;
}

/** A word of an open vocabulary: found by a part of it among all that the model knows, or any other. */
export function WordField({
  feature,
  version,
  value,
  isUnknown,
  onChange,
}: {
  readonly feature: Feature;
  readonly version: string;
  readonly value: Value;
  /** The model does not know it. */
  readonly isUnknown: boolean;
  readonly onChange: (word: string | number | null) => void;
}) {
  const shown = String(value ?? '');
  const [typed, setTyped] = useState(shown);
  useEffect(() => setTyped(shown), [shown]);
  // What was chosen is no search: then the commonest are offered.
  const search = useSettled(typed === shown ? '' : typed, PAUSE_MS);
  const found = useQuery({
    queryKey: ['what-if-words', version, feature.name, search],
    queryFn: ({ signal }) => {
      const query = { feature: feature.name, search, limit: 20 };
      const params = { path: { version }, query };
      return answer(client.GET('/models/{version}/words', { params, signal }));
    },
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });
  const take = (text: string) => {
    if (text === '') return onChange(null);
    if (feature.whole !== true) return onChange(text);
    const number = Number(text);
    if (Number.isSafeInteger(number)) onChange(number);
    else setTyped(shown);
  };
  return (
    <ComboBox
      className="field"
      allowsCustomValue
      allowsEmptyCollection
      menuTrigger="focus"
      items={found.data?.words ?? []}
      inputValue={typed}
      onInputChange={setTyped}
      onSelectionChange={(key) => key !== null && take(String(key))}
      onBlur={() => typed !== shown && take(typed)}
      onKeyDown={(event) => isEntered(event) && typed !== shown && take(typed)}
    >
      <Label>{feature.name}</Label>
      <div className="wi-combo">
        <Input className="input" />
        <AriaButton className="button" aria-label={`Words of ${feature.name}`}>
          <span aria-hidden="true">▾</span>
        </AriaButton>
      </div>
      <Text slot="description" className={isUnknown ? 'wi-warn' : 'hint'}>
        {found.error
          ? `Words cannot be searched: ${asProblem(found.error).message}`
          : hintOf(feature, shown, isUnknown, found.data?.known)}
      </Text>
      <Popover className="popover">
        <ListBox
          className="list-box"
          renderEmptyState={() => (
            <div className="list-item soft">
              No known word has this in it. Enter takes it as it is.
            </div>
          )}
        >
          {(item: NonNullable<typeof found.data>['words'][number]) => (
            <ListBoxItem id={String(item.word)} textValue={String(item.word)} className="list-item">
              {String(item.word)}
              <span className="wi-word-facts">
                {`${percent(item.ctr)} · ${count(item.effective_impressions)} impressions`}
              </span>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}

/** Enter without an option in view: what was typed is meant as it is. */
const isEntered = ({ key, target }: KeyboardEvent): boolean =>
  key === 'Enter' && !(target as Element).hasAttribute('aria-activedescendant');

function hintOf(
  { description }: Feature,
  shown: string,
  isUnknown: boolean,
  known: number | undefined,
): string {
  if (shown === '') return 'Empty: answered by what is above it.';
  if (isUnknown) return 'Not known to the model: answered by what is above it.';
  if (description !== undefined) return description;
  return known === undefined ? '' : `${count(known)} words are known.`;
}
