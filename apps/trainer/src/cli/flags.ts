import { InvalidArgumentError, Option } from 'commander';

/** Reads a flag that is a whole number. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('wanted a whole number.');
  }
  return value;
}

/** Reads a flag that is a text, and not a blank one. */
export function someText(text: string): string {
  if (text.trim() === '') throw new InvalidArgumentError('wanted a text that is not empty.');
  return text;
}

/** Reads a flag that is a share, in (0, 1). */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('wanted a number between 0 and 1.');
  return value;
}

/** `--name <n>`, a whole number. */
export function countFlag(name: string, text: string, preset?: number): Option {
  const option = new Option(`--${name} <n>`, text).argParser(wholeNumber);
  return preset === undefined ? option : option.default(preset);
}

/** What a flag that says where models are kept takes. */
export const registryWords = 'registry of models: a folder, or s3://bucket/prefix';

/** `-o, --output <folder>`, where models are kept. */
export function registryFlag(): Option {
  return new Option('-o, --output <folder>', registryWords).env('MODEL_DIR').default('models');
}

/** `--json`: results as one JSON document on standard output, progress as JSON lines. */
export function jsonFlag(): Option {
  return new Option('--json', 'result as one JSON document, progress as JSON lines on stderr');
}

/** `--progress`: with `--json`, lines while a stage runs too. */
export function progressFlag(): Option {
  return new Option('--progress', 'with --json: also tell how far a stage is while it runs');
}

/** Whether a text is a day of the calendar, as 2026-03-01. */
export function isDay(text: string): boolean {
  const moment = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : NaN;
  // 2026-02-30 reads as a day in March.
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(text);
}

/**
 * Reads a flag that is a moment of the past, with its time zone, or `now`.
 * @returns it as ISO 8601, UTC
 */
export function pastMoment(text: string): string {
  const now = Date.now();
  const isWritten = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2})$/.test(
    text,
  );
  const at = text === 'now' ? now : isWritten && isDay(text.slice(0, 10)) ? Date.parse(text) : NaN;
  if (at <= now) return new Date(at).toISOString();
  throw new InvalidArgumentError('wanted a moment of the past as 2026-03-02T10:00:00Z, or now.');
}

/** Reads a flag that is a day. */
export function day(text: string): string {
  if (isDay(text)) return text;
  throw new InvalidArgumentError('wanted a day as 2026-03-01.');
}
