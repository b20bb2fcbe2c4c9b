/** 1, 2 and 5 times the powers of ten within a range; the powers alone if that is plenty. */
export function logTicks(least: number, most: number): number[] {
  const ticks: number[] = [];
  const steps = Math.log10(most / least) > 3 ? [1] : [1, 2, 5];
  for (let power = Math.floor(Math.log10(least)); 10 ** power <= most; power++) {
    for (const step of steps) {
      const tick = Number(`${step}e${power}`);
      if (tick >= least && tick <= most) ticks.push(tick);
    }
  }
  return ticks;
}

/** A round number at or above a positive one, of which round steps come out even. */
export function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10].find(
    (each) => each * power >= value * (1 - 1e-9),
  );
  return Number(((step ?? 10) * power).toPrecision(3));
}
