import type { Feature } from '@adscale/forest';

const MAX_LISTED = 20;

/** What a value of this feature must be, in words that follow "must be". */
export function ruleOf(feature: Feature): string {
  if (feature.kind === 'categorical') {
    const { categories } = feature;
    const more = categories.length > MAX_LISTED ? ` or ${categories.length - MAX_LISTED} more` : '';
    return `one of ${categories.slice(0, MAX_LISTED).join(', ')}${more}`;
  }
  const noun = feature.kind === 'integer' ? 'a whole number' : 'a number';
  const { minimum, maximum } = feature;
  const exclusive = feature.kind === 'numeric' ? feature.exclusiveMinimum : undefined;
  if (exclusive === undefined && minimum !== undefined && maximum !== undefined) {
    return `${noun} from ${minimum} to ${maximum}`;
  }
  const bounds = [
    exclusive !== undefined && `greater than ${exclusive}`,
    minimum !== undefined && `at least ${minimum}`,
    maximum !== undefined && `at most ${maximum}`,
  ].filter((bound) => bound !== false);
  return bounds.length === 0 ? noun : `${noun} ${bounds.join(' and ')}`;
}
