import { SingleBar } from 'cli-progress';
import { visible, visibleCell } from './visible.js';

/** How far one stage is. */
export interface Stage {
  /** @param done units so far, of the stage's total; per cent if the total is not known */
  update(done: number): void;
  /** Ends the stage. @param done units in the end, if the total was not known before */
  finish(done?: number): void;
  /** Takes the bar off the screen without a word: the stage failed. */
  abandon(): void;
}

/** What a stage counts. */
export interface StageWork {
  readonly name: string;
  /** Absent: not known before the end. */
  readonly total?: number;
  readonly unit: string;
}

/**
 * How a command talks. Results go to standard output, everything else to standard error, so that
 * piped output stays clean:
 *
 *               progress, on a terminal    progress, elsewhere          result
 *   text        a bar with rate and eta    one line a stage             as a person reads it
 *   --json      JSON lines                 JSON lines, one a stage      one JSON document
 *   --progress  with --json: further lines while a stage runs, for programs that show them
 */
export class Reporter {
  /** @param steps whether stages tell how far they are while they run; only with `json` */
  constructor(
    private readonly json = false,
    private readonly steps = false,
    private readonly terminal = process.stderr.isTTY === true,
  ) {}

  /** Starts a stage. */
  stage(work: StageWork): Stage {
    const started = performance.now();
    const bar = this.terminal && !this.json ? startBar(work) : undefined;
    const tellStep = this.json && this.steps ? stepsOf(work, started) : undefined;
    return {
      update: (done) => {
        tellStep?.(done);
        const seconds = (performance.now() - started) / 1000;
        bar?.update(Math.min(done, work.total ?? 100), { rate: rateOf(done, seconds) });
      },
      finish: (done = work.total ?? 0) => {
        bar?.stop();
        this.tell(work, done, (performance.now() - started) / 1000);
      },
      abandon: () => bar?.stop(),
    };
  }

  /** Runs `work` as a stage; what it returns ends it, what it throws abandons it. */
  async during<T>(
    work: StageWork,
    run: (stage: Stage) => Promise<T>,
    doneOf: (result: T) => number | undefined = () => work.total,
  ): Promise<T> {
    const stage = this.stage(work);
    try {
      const result = await run(stage);
      stage.finish(doneOf(result));
      return result;
    } catch (error) {
      stage.abandon();
      throw error;
    }
  }

  /** Something worth knowing that is not the result. */
  note(text: string): void {
    const line = this.json ? JSON.stringify({ note: text }) : text;
    process.stderr.write(`${visible(line)}\n`);
  }

  /** What the command was asked for: `text` for people, `document` for machines. */
  result(text: string, document: unknown): void {
    const told = this.json ? JSON.stringify(document, null, 2) : text;
    process.stdout.write(`${visible(told)}\n`);
  }

  private tell({ name, unit }: StageWork, done: number, seconds: number): void {
    if (this.json) {
      const line = { stage: name, done, unit, seconds: Number(seconds.toFixed(3)) };
      process.stderr.write(`${JSON.stringify(line)}\n`);
      return;
    }
    const count = `${done.toLocaleString('en')} ${unit} in ${seconds.toFixed(1)} s`;
    process.stderr.write(`${name}: ${count}, ${rateOf(done, seconds)}/s\n`);
  }
}

/** Milliseconds between two lines of a stage that runs. */
const STEP = 200;

/** Tells that a stage has begun; what it returns tells how far it is, as often as somebody reads it. */
function stepsOf({ name, total, unit }: StageWork, started: number): (done: number) => void {
  const tell = (done: number): void => {
    const of = total === undefined ? { done, total: 100, unit: '%' } : { done, total, unit };
    process.stderr.write(`${JSON.stringify({ stage: name, ...of, running: true })}\n`);
  };
  let next = started + STEP;
  tell(0);
  return (done) => {
    const now = performance.now();
    if (now < next) return;
    next = now + STEP;
    tell(Math.min(done, total ?? 100));
  };
}

function startBar({ name, total, unit }: StageWork): SingleBar {
  const counts = total === undefined ? '' : `| {value}/{total} ${unit} | {rate}/s `;
  const bar = new SingleBar({
    format: `${name} {bar} {percentage} % ${counts}| {eta_formatted} left`,
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    etaBuffer: 50,
  });
  bar.start(total ?? 100, 0, { rate: '–' });
  return bar;
}

function rateOf(done: number, seconds: number): string {
  if (!(seconds > 0)) return '–';
  const rate = done / seconds;
  return rate < 10 ? rate.toFixed(1) : Math.round(rate).toLocaleString('en');
}

/** Rows of cells as text, in columns side by side. */
export function tableText(table: readonly (readonly string[])[]): string {
  const rows = table.map((row) => row.map(visibleCell));
  const widths = rows[0].map((_, c) => Math.max(...rows.map((row) => row[c].length)));
  return rows
    .map((row) => row.map((cell, c) => (c < row.length - 1 ? cell.padEnd(widths[c]) : cell)))
    .map((cells) => cells.join('  ').trimEnd())
    .join('\n');
}
