/** How a canary is judged and how it grows. Everything has a default that works. */
export interface GateOptions {
  /** Per cent of the requests, step after step; the last is 100, where the canary is promoted. */
  readonly steps: readonly number[];
  /** How often a canary that is no worse may be aborted, over the whole trial, at most. */
  readonly alpha: number;
  /**
   * By how much clicks may miss what the canary expects, overall and in a segment, before that is
   * held against it, as a fraction.
   */
  readonly tolerance: number;
  /** By how much its normalised entropy may be above the current model's, as a fraction. */
  readonly entropy_tolerance: number;
  /** Clicks, of all traffic, that a step takes at least. */
  readonly least_clicks: number;
  /** Requests that the canary answers in a step at least. */
  readonly least_answers: number;
  /** Hours that a step takes at least. */
  readonly least_hours: number;
  /** An answer that takes longer than this many milliseconds is a slow one. */
  readonly slow_ms: number;
}

export const gateDefaults: GateOptions = Object.freeze({
  steps: Object.freeze([1, 5, 25, 100]),
  alpha: 0.05,
  tolerance: 0.03,
  entropy_tolerance: 0.002,
  least_clicks: 25_000,
  least_answers: 100,
  least_hours: 24,
  slow_ms: 5,
});

/** What is wrong with one option: what was given and what is wanted instead. */
export interface GateOptionProblem {
  readonly field: string;
  readonly value: unknown;
  readonly rule: string;
}

interface Rule {
  readonly holds: (value: number) => boolean;
  readonly rule: string;
}

const between = (lowest: number, highest: number): Rule => ({
  holds: (value) => value >= lowest && value <= highest,
  rule: `a number from ${lowest} to ${highest}`,
});

const wholeBetween = (lowest: number, highest: number): Rule => ({
  holds: (value) => Number.isInteger(value) && value >= lowest && value <= highest,
  rule: `a whole number from ${lowest} to ${highest}`,
});

const RULES: Readonly<Record<Exclude<keyof GateOptions, 'steps'>, Rule>> = {
  alpha: between(0.0001, 0.5),
  tolerance: between(0.001, 0.5),
  entropy_tolerance: between(0.0001, 0.1),
  least_clicks: wholeBetween(1, 1e9),
  least_answers: wholeBetween(0, 1e9),
  least_hours: between(0, 8760),
  slow_ms: between(0.1, 60_000),
};

const STEPS_RULE = 'up to 20 numbers above 0 that rise to 100, the last one';

/** The names of all options. */
export const gateOptionNames = Object.keys(gateDefaults) as readonly (keyof GateOptions)[];

/**
 * Reads options: what is left out has its default.
 * @param given an object, or `true` for all defaults
 * @param name what the options are called in `field`
 * @returns the options, or what is wrong with them, one entry for each
 */
export function readGateOptions(
  given: unknown,
  name = 'gate',
): { readonly options: GateOptions } | { readonly problems: readonly GateOptionProblem[] } {
  if (given === true) return { options: gateDefaults };
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    const rule = `true, false or an object of ${gateOptionNames.join(', ')}`;
    return { problems: [{ field: name, value: given, rule }] };
  }
  const problems: GateOptionProblem[] = [];
  for (const [option, value] of Object.entries(given)) {
    const rule = ruleBroken(option, value);
    if (rule !== undefined) problems.push({ field: `${name}.${option}`, value, rule });
  }
  return problems.length > 0 ? { problems } : { options: { ...gateDefaults, ...given } };
}

/** The rule that the value of an option breaks, if it does. */
function ruleBroken(option: string, value: unknown): string | undefined {
  if (option === 'steps') return areSteps(value) ? undefined : STEPS_RULE;
  if (!Object.hasOwn(RULES, option)) return `absent: the options are ${gateOptionNames.join(', ')}`;
  const { holds, rule } = RULES[option as keyof typeof RULES];
  return typeof value === 'number' && holds(value) ? undefined : rule;
}

function areSteps(value: unknown): boolean {
  if (!Array.isArray(value) || value.length === 0 || value.length > 20) return false;
  const rises = value.every(
    (percent, i) => typeof percent === 'number' && percent > (i === 0 ? 0 : value[i - 1]),
  );
  return rises && value.at(-1) === 100;
}
