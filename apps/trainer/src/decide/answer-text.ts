/*
 * An answer as a person reads it: a line for every value, named by its path; a table for every
 * list of things; sentences at the end.
 */

import { tableText } from '../cli/reporter.js';

type Value = unknown;

/** The answer as text, without a line break at its end. */
export function answerText(answer: object): string {
  const { assumptions, ...rest } = answer as { assumptions: readonly string[] };
  const sections = [...sectionsOf(rest, ''), ['Assumptions', ...assumptions.map(bullet)]];
  return sections.map((lines) => lines.join('\n')).join('\n\n');
}

/** Values first, then a section for every list of objects. */
function sectionsOf(value: object, path: string): string[][] {
  const lines: string[] = [];
  const tables: string[][] = [];
  for (const [name, inner] of Object.entries(value)) {
    const key = path === '' ? name : `${path}.${name}`;
    if (isList(inner)) tables.push([key, ...tableOf(inner)]);
    else if (isPlain(inner) && !isRange(inner)) {
      const [own, ...further] = sectionsOf(inner, key);
      lines.push(...own);
      tables.push(...further);
    } else lines.push(`${key}: ${cell(inner)}`);
  }
  return [lines, ...tables];
}

function isList(value: Value): value is object[] {
  return Array.isArray(value) && value.length > 0 && value.every(isPlain);
}

function isPlain(value: Value): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isRange(value: object): value is { low: number; high: number } {
  return 'low' in value && 'high' in value && Object.keys(value).length === 2;
}

function cell(value: Value): string {
  if (value === null || value === undefined) return '–';
  if (Array.isArray(value)) {
    if (value.length === 0) return '–';
    return value
      .map((inner) => (isPlain(inner) && 'says' in inner ? inner.says : cell(inner)))
      .join('; ');
  }
  if (!isPlain(value)) return String(value);
  if (isRange(value)) return `${value.low} to ${value.high}`;
  return Object.entries(value)
    .map(([name, inner]) => `${name} ${cell(inner)}`)
    .join(', ');
}

/** Columns are those of any row, in the order in which they first come. */
function tableOf(rows: readonly object[]): string[] {
  const names = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [
    names,
    ...rows.map((row) => names.map((name) => cell((row as Record<string, Value>)[name]))),
  ];
  const text = tableText(lines).split('\n');
  return text.map((line) => `  ${line}`.trimEnd());
}

function bullet(sentence: string): string {
  return `  - ${sentence}`;
}
