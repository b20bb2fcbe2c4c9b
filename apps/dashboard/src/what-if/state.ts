/* What the page asks is in its address, so that it can be sent to somebody. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { PlacementRecord } from '../api/client.js';
import { recordFrom, startRecord, type Card } from './schema.js';

export const LEVELS = [0.8, 0.9, 0.95] as const;

/** What is asked of a model. */
export interface Asking {
  readonly a: PlacementRecord;
  /** The scenario beside it. */
  readonly b: PlacementRecord | undefined;
  /** The feature of the curve; undefined: the first that there can be. */
  readonly x: string | undefined;
  /** How often the interval is to hold what is observed. */
  readonly level: number;
  /** Impressions that are observed, of a model that is not told them. */
  readonly n: number | undefined;
}

/** Milliseconds after the last change before the address follows: browsers refuse to be told each. */
const PAUSE_MS = 250;

type Search = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Search =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reads an address; nothing in it is believed. */
export function readAddress(card: Card, { a, b, x, level, n }: Search) {
  const one = isRecord(a) ? recordFrom(card, a) : { record: startRecord(card), refused: [] };
  const other = isRecord(b) ? recordFrom(card, b) : undefined;
  const asking: Asking = {
    a: one.record,
    b: other?.record,
    x: card.schema.features.some(({ name }) => name === x) ? (x as string) : undefined,
    level: LEVELS.find((known) => known === level) ?? 0.9,
    n: typeof n === 'number' && Number.isInteger(n) && n >= 1 ? n : undefined,
  };
  return { asking, refused: [...one.refused, ...(other?.refused ?? [])] };
}

const wordsOf = ({ a, b, x, level, n }: Search): string => JSON.stringify({ a, b, x, level, n });

/** Changes some of what is asked. The function stays the same. */
export type Change = (part: (before: Asking) => Partial<Asking>) => void;

/** What is asked, by the address and from then on by the person; the address follows. */
export function useAsking(card: Card) {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const [{ asking, refused }, setState] = useState(() => readAddress(card, search));
  const told = wordsOf(search);
  const known = useRef(told);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // Somebody else changed the address: a link was followed, or pasted.
    if (told === known.current) return;
    known.current = told;
    clearTimeout(timer.current);
    setState(readAddress(card, search));
  }, [card, search, told]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change: Change = useCallback((part: (before: Asking) => Partial<Asking>) => {
    setState(({ asking }) => ({ asking: { ...asking, ...part(asking) }, refused: [] }));
  }, []);
  const first = useRef(asking);
  useEffect(() => {
    if (asking === first.current) return;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (wordsOf({ ...asking }) === known.current) return;
      known.current = wordsOf({ ...asking });
      void navigate({
        to: '/what-if',
        search: (before: Search) => ({ ...before, ...asking }) as never,
        replace: true,
      });
    }, PAUSE_MS);
  }, [asking, navigate]);
  return { asking, refused, change };
}

/** The address at which somebody else sees the same numbers: of this version, whichever serves then. */
export function linkTo(asking: Asking, version: string): string {
  const search = Object.entries({ ...asking, version }).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return [`${name}=${encodeURIComponent(text)}`];
  });
  return `${location.href.split('#')[0]}#/what-if?${search.join('&')}`;
}
