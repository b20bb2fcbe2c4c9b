import { parseSnapshot } from '@adscale/stats';
import { type Figures, type Others, retiredFigures } from '../stats/figures.js';
import type { Valkey } from './valkey.js';

/** A hash with a field for every process of the service, on any machine. */
const BOARD = 'adscale:figures';
/** A process that has written nothing for so long has ended, in milliseconds. */
const SILENT_MS = 10_000;
/** The figures of a process that ended are kept for the longest window, in milliseconds. */
const FORGOTTEN_MS = 3_600_000;

/** The variable by which the primary of a machine gives its workers the machine's name. */
export const MACHINE_VARIABLE = 'ADSCALE_MACHINE';

/**
 * A board in Valkey where every process of the service writes its figures, so that each can
 * tell those of all. It leaves out the workers of this machine, which answer each other directly.
 */
export class ReplicaBoard implements Others {
  /**
   * @param machine the same for all processes that answer each other directly, and for no other
   * @param now a clock in milliseconds since 1970, for tests
   */
  constructor(
    private readonly valkey: Valkey,
    private readonly machine: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Writes this process's figures. Rejects while there is no connection. */
  async publish(figures: Figures): Promise<void> {
    const field = `${this.machine} ${process.pid}`;
    await this.valkey.hset(BOARD, field, JSON.stringify({ at: this.now(), figures }));
  }

  async figures(): Promise<readonly Figures[]> {
    try {
      return this.others(await this.valkey.hgetall(BOARD));
    } catch {
      // Without the board, this machine speaks for itself.
      return [];
    }
  }

  private others(fields: Readonly<Record<string, string>>): Figures[] {
    // A machine's name may begin like another's, so the whole name is compared.
    const theirs = Object.entries(fields).filter(([field]) => machineOf(field) !== this.machine);
    return theirs.flatMap(([field, text]) => {
      const { at, figures } = parsed(text) ?? {};
      if (at === undefined || figures === undefined || this.now() - at > FORGOTTEN_MS) {
        this.valkey.hdel(BOARD, field).catch(() => {});
        return [];
      }
      return [this.now() - at > SILENT_MS ? retiredFigures(figures) : figures];
    });
  }
}

/** A field is `<machine> <process id>`. */
function machineOf(field: string): string {
  return field.slice(0, field.lastIndexOf(' '));
}

/** What a process wrote; undefined when it is of another version, or nothing of ours. */
function parsed(text: string): { at: number; figures: Figures } | undefined {
  try {
    const { at, figures } = JSON.parse(text) as { at: number; figures: Figures };
    return { at, figures: { ...figures, stats: parseSnapshot(figures.stats) } };
  } catch {
    return undefined;
  }
}
