import { shareText } from '../figures.js';
import type { Change } from './change.js';

/** A change of a CTR: `0.12 points`. */
const points = (change: number): string => {
  const value = Number((100 * change).toPrecision(2));
  return `${value > 0 ? '+' : ''}${value} points`;
};

/** `CTR fell from 2.1 % to 1.9 %: by device_type -0.15 points by rate (most: mobile), …`. */
export function changeInWords(name: string, change: Change): string {
  const { ctr_before, ctr_after, mix, rate, parts } = change;
  const verb = ctr_after > ctr_before ? 'rose' : 'fell';
  const moved =
    shareText(ctr_before) === shareText(ctr_after)
      ? `CTR stayed at ${shareText(ctr_after)}`
      : `CTR ${verb} from ${shareText(ctr_before)} to ${shareText(ctr_after)}`;
  const most = (effect: 'mix' | 'rate'): string =>
    parts.reduce((a, b) => (Math.abs(b[effect]) > Math.abs(a[effect]) ? b : a)).value;
  return (
    `${moved}: by ${name}, ${points(rate)} since its values did better or worse ` +
    `(most: ${most('rate')}), ${points(mix)} since their shares moved (most: ${most('mix')})`
  );
}
