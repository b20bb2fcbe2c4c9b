import { useMemo } from 'react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { answer, client, type PlacementRecord } from '../api/client.js';
import { asProblem, type Problem } from '../api/problem.js';
import type { Running } from './running.js';
import { numberOf, rowOf, type Card } from './schema.js';
import { useSettled } from './words.js';

/** A record as the model is asked by it. */
export interface RecordColumns {
  /** Undefined before the first are known. */
  readonly columns: Float64Array | undefined;
  /** The columns are of the words before. */
  readonly isOld: boolean;
  readonly problem: Problem | undefined;
  /** Features whose words the model does not know. */
  readonly unknown: readonly string[];
}

/** What a model file says of its words, as far as it is read here. */
interface WordFacts {
  readonly words?: { readonly levels: readonly { readonly features: readonly number[] }[] };
}

/** Places of the features that the statistics of words depend on; none if no feature is a word. */
export function wordPlaces({ schema }: Card, { forest }: Pick<Running, 'forest'>): Set<number> {
  const { words } = (forest.attached?.facts ?? {}) as WordFacts;
  const places = new Set(words?.levels.flatMap(({ features }) => features));
  schema.features.forEach(({ kind }, f) => kind === 'word' && places.add(f));
  return places;
}

/** Milliseconds that a word must stay before its statistics are asked for. */
const PAUSE_MS = 120;

/**
 * The columns of a record. Numbers and categories are columns themselves; statistics of words are known to the
 * service, which is asked for them when a word changes and not when a slider moves.
 */
export function useColumns(
  card: Card,
  running: Running,
  record: PlacementRecord | undefined,
): RecordColumns {
  const { version, forest } = running;
  const places = useMemo(() => wordPlaces(card, running), [card, running]);
  const hasWords = card.schema.features.some(({ kind }) => kind === 'word');
  const names = [...places].map((f) => card.schema.features[f].name);
  const wanted = JSON.stringify(names.map((name) => record?.[name] ?? null));
  const settled = useSettled(wanted, PAUSE_MS);
  const asked = useQuery({
    queryKey: ['what-if-columns', version, settled],
    queryFn: ({ signal }) => {
      const params = { path: { version } };
      const body = record as never;
      return answer(client.POST('/models/{version}/columns', { params, body, signal }));
    },
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    enabled: hasWords && record !== undefined,
  });
  const told = asked.data?.version === version ? asked.data : undefined;
  const columns = useMemo(() => {
    if (record === undefined) return undefined;
    if (!hasWords) return rowOf(card, record);
    if (told === undefined) return undefined;
    const columns = Float64Array.from(told.columns, (value) => value ?? NaN);
    card.schema.features.forEach((feature, f) => {
      if (places.has(f)) return;
      columns[told.names.indexOf(feature.name)] = numberOf(feature, record[feature.name]);
    });
    return columns;
  }, [card, record, told, hasWords, places]);
  const unknown = useMemo(() => {
    const counts = new Map(forest.schema.features.map(({ name }, column) => [name, column]));
    return card.schema.features.flatMap(({ name, kind }) => {
      const column = counts.get(`${name}.count`);
      return kind === 'word' && column !== undefined && columns?.[column] === 0 ? [name] : [];
    });
  }, [card, columns, forest]);
  const isOld = hasWords && (settled !== wanted || asked.isPlaceholderData || asked.isFetching);
  return {
    ...{ columns, isOld, unknown },
    problem: hasWords && asked.error ? asProblem(asked.error) : undefined,
  };
}
