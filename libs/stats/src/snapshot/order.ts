/*
 * Every list of a snapshot has one order. So equal counts are equal data, and two lists are merged in
 * one pass.
 */
import type { ModelSnapshot } from './snapshot.js';

/** Gives a negative number, 0 or a positive number, as `Array.sort` wants it. */
export type Compare<T> = (a: T, b: T) => number;

/** Numbers by value and before words, words by code unit: '2' before '10' before 'mobile'. */
export function compareNames(a: string, b: string): number {
  const difference = rankOf(a) - rankOf(b);
  // Infinity − Infinity: two words. 0: two spellings of a number.
  if (difference < 0 || difference > 0) return difference;
  return a < b ? -1 : Number(a > b);
}

function rankOf(name: string): number {
  return /^\d{1,15}$/.test(name) ? Number(name) : Infinity;
}

/** By path, then by method. */
export function compareRoutes(a: RouteName, b: RouteName): number {
  return compareNames(a.path, b.path) || compareNames(a.method, b.method);
}

interface RouteName {
  readonly method: string;
  readonly path: string;
}

/** By first registration, then by version. */
export function compareModels(a: ModelSnapshot, b: ModelSnapshot): number {
  return a.since - b.since || compareNames(a.version, b.version);
}

/**
 * Merges two ordered lists into one. Where both have an element of the same rank, `merge` makes one
 * of the two; other elements are taken as they are.
 */
export function mergeOrdered<T>(
  a: readonly T[],
  b: readonly T[],
  compare: Compare<T>,
  merge: (a: T, b: T) => T,
): T[] {
  const merged: T[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length && j < b.length) {
    const order = compare(a[i], b[j]);
    if (order < 0) merged.push(a[i++]);
    else if (order > 0) merged.push(b[j++]);
    else merged.push(merge(a[i++], b[j++]));
  }
  while (i < a.length) merged.push(a[i++]);
  while (j < b.length) merged.push(b[j++]);
  return merged;
}
