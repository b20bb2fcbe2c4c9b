import { SingleBar } from 'cli-progress';

/** Shows how far a stage is; silent where nobody looks. */
export interface Progress {
  update(done: number): void;
  stop(): void;
}

const silent: Progress = { update: () => {}, stop: () => {} };

/** A bar on standard error if that is a terminal, so that piped output stays clean. */
export function showProgress(stage: string, total: number, unit: string): Progress {
  if (!process.stderr.isTTY) return silent;
  const bar = new SingleBar({
    format: `${stage} {bar} {percentage} % | {value}/{total} ${unit} | {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
  });
  bar.start(total, 0);
  return { update: (done) => bar.update(done), stop: () => bar.stop() };
}
