import { draw, tokens } from './chart.js';
import type { FeatureProfile } from '../report/profile.js';

/** How impressions lie over a feature's levels, small enough for a cell of a table. */
export function sparkline({ feature, levels }: FeatureProfile, at: number): string {
  const total = levels.reduce((sum, { impressions }) => sum + impressions, 0);
  const shares = levels.map(({ impressions }) => impressions / total);
  const told = levels
    .map(({ label }, k) => `${label}: ${Math.round(100 * shares[k])} %`)
    .join(', ');
  return draw(
    {
      id: `profile-${at}`,
      title: `Impressions by ${feature}`,
      description: told,
      width: 160,
      height: 32,
    },
    {
      grid: { left: 0, right: 0, top: 2, bottom: 1 },
      xAxis: { type: 'category', show: false, data: levels.map(({ label }) => label) },
      yAxis: { type: 'value', show: false, min: 0 },
      series: [
        {
          type: 'bar',
          silent: true,
          barCategoryGap: '12%',
          itemStyle: { color: tokens.accent, opacity: 0.8 },
          data: shares,
        },
      ],
    },
  );
}
