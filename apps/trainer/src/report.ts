import type { ModelCard } from '@adscale/ctr';

/** A model's card as a person reads it at the end of training. */
export function reportCard({ training, out_of_bag, held_out }: ModelCard): string {
  const { observed, true: truth, noise_ceiling: ceiling } = held_out;
  const lines = [
    `trained on       ${training.rows} rows, ${training.impressions} impressions, ${training.clicks} clicks`,
    `out of bag       R² ${digits(out_of_bag.r2)}, by impressions ${digits(out_of_bag.weighted_r2)}`,
    `held out         ${held_out.rows} rows, ${held_out.impressions} impressions`,
    `  observed CTR   R² ${digits(observed.r2)}  MAE ${digits(observed.mae)}  RMSE ${digits(observed.rmse)}`,
    `  by impressions R² ${digits(observed.weighted_r2)}  MAE ${digits(observed.weighted_mae)}  RMSE ${digits(observed.weighted_rmse)}`,
  ];
  if (truth !== undefined && ceiling !== undefined) {
    lines.push(
      `  true CTR       R² ${digits(truth.r2)}  MAE ${digits(truth.mae)}  RMSE ${digits(truth.rmse)}`,
      `  noise ceiling  R² ${digits(ceiling)}: the most that any model can reach on observed CTR`,
    );
  }
  lines.push(
    `  NE             ${digits(held_out.normalised_entropy)}: log loss over that of the average CTR`,
    `  calibration    ${digits(held_out.calibration_ratio)}: predicted clicks over observed clicks`,
  );
  return lines.join('\n');
}

function digits(value: number): string {
  return value.toFixed(5);
}
