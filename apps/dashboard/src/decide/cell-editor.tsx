import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react';
import { useQuery } from '@tanstack/react-query';
import { ask } from '../api/client.js';
import type { Schemas } from '../api/client.js';
import type { Column } from './columns.js';

interface EditorProps {
  readonly column: Column;
  /** From 1, for its name. */
  readonly row: number;
  readonly version: string;
  readonly text: string;
  /** A key was pressed in the cell: what it held is replaced. */
  readonly isFresh: boolean;
  /** @param text undefined: nothing was changed. @param down rows to go on by. @param right columns */
  readonly onEnd: (text: string | undefined, down: number, right: number) => void;
}

/** What a cell is while somebody types in it. */
export function CellEditor(props: EditorProps) {
  const { column, row, version, text, isFresh, onEnd } = props;
  const [typed, setTyped] = useState(text);
  const isOver = useRef(false);
  const finish = (given: string | undefined, down = 0, right = 0) => {
    if (isOver.current) return;
    isOver.current = true;
    onEnd(given, down, right);
  };
  const press = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === 'Escape') finish(undefined);
    else if (event.key === 'Enter') finish(typed, event.shiftKey ? -1 : 1);
    else if (event.key === 'Tab') finish(typed, 0, event.shiftKey ? -1 : 1);
    else return;
    event.preventDefault();
  };
  const own = {
    'aria-label': `${column.label}, row ${row}`,
    className: 'sheet-editor',
    value: typed,
    onKeyDown: press,
    onBlur: () => finish(typed),
  };
  const field = useRef<HTMLInputElement & HTMLSelectElement>(null);
  useEffect(() => {
    field.current?.focus({ preventScroll: true });
    if (!isFresh) field.current?.select?.();
  }, [isFresh]);
  const list = useId();
  if (column.kind === 'choice') {
    return (
      <select {...own} ref={field} onChange={(event) => setTyped(event.target.value)}>
        {!column.choices?.includes(typed) && <option value={typed}>{typed}</option>}
        {typed !== '' && <option value="" />}
        {column.choices?.map((choice) => (
          <option key={choice} value={choice}>
            {choice}
          </option>
        ))}
      </select>
    );
  }
  const isNumber = column.kind !== 'text' && column.kind !== 'word';
  const isWord = column.kind === 'word';
  return (
    <>
      <input
        {...own}
        ref={field}
        autoComplete="off"
        dir="auto"
        inputMode={isNumber ? 'decimal' : 'text'}
        {...(isWord && { list })}
        onChange={(event) => setTyped(event.target.value)}
      />
      {isWord && <Words id={list} version={version} feature={column.name} search={typed} />}
    </>
  );
}

/** Words that the model knows, to choose from while one types. */
function Words({
  id,
  version,
  feature,
  search,
}: {
  readonly id: string;
  readonly version: string;
  readonly feature: string;
  readonly search: string;
}) {
  const words = useQuery({
    queryKey: ['decide', 'words', version, feature, search],
    queryFn: async ({ signal }) => {
      const query = new URLSearchParams({ feature, search, limit: '20' });
      const response = await ask(`/models/current/words?${query}`, { signal });
      return (await response.json()) as Schemas['WordsAnswer'];
    },
    placeholderData: (before) => before,
    retry: false,
  });
  return (
    <datalist id={id}>
      {words.data?.words.map(({ word }) => (
        <option key={String(word)} value={String(word)} />
      ))}
    </datalist>
  );
}
