/* Outcomes as they come in: clicks late, and some taken back again. */
import { dayText } from './traffic.mjs';

/** Share of a day's final clicks that is told when the day has this age. */
const TOLD = [0.6, 0.85, 0.96, 1, 1, 1.02, 1];

const shareAt = (age) => TOLD[Math.min(age, TOLD.length - 1)];

/** What a cell is told to be at some age; the same whenever it is asked. */
function toldAt({ clicks, impressions }, age, jitter) {
  return Math.min(impressions, Math.floor(clicks * shareAt(age) + jitter));
}

/**
 * Days as they are known at the end of the last of them.
 * @param days final cells by day
 * @param jitters by day and cell, in [0, 1)
 */
export function knownAt(days, jitters, last) {
  return days.slice(0, last + 1).map((cells, day) =>
    cells.map(({ truth: _, ...cell }, i) => ({
      ...cell,
      clicks: toldAt(cell, last - day, jitters[day][i]),
    })),
  );
}

/** What was told by then, by age: the rows that growth is learned from. */
export function growthRows(days, jitters, last) {
  const rows = [];
  for (let day = 0; day <= last; day++) {
    for (let age = 0; age <= Math.min(last - day, TOLD.length - 1); age++) {
      const sum = (at) =>
        days[day].reduce((total, cell, i) => total + toldAt(cell, at, jitters[day][i]), 0);
      const impressions = days[day].reduce((total, cell) => total + cell.impressions, 0);
      const isFirst = age === 0;
      rows.push({
        ...{ day: dayText(day), age },
        first_impressions: isFirst ? impressions : 0,
        first_clicks: isFirst ? sum(0) : 0,
        more_impressions: 0,
        more_clicks: isFirst ? 0 : sum(age) - sum(age - 1),
      });
    }
  }
  return rows;
}
