import { randomUUID } from 'node:crypto';
import type { connectValkey } from '@adscale/cache';
import { parseSnapshot } from '@adscale/stats';
import { type Figures, retiredFigures } from '../stats/figures.js';
import type { Others } from '../stats/figures.js';

type Valkey = Awaited<ReturnType<typeof connectValkey>>;

/** A hash with a field for every process of the service, on any machine. */
const BOARD = 'adscale:figures';
/** Who has said nothing for so long is no longer there, in milliseconds. */
const SILENT_MS = 10_000;
/** What somebody counted is forgotten after the longest window, in milliseconds. */
const FORGOTTEN_MS = 3_600_000;

/** What the primary of a machine gives its workers, so that they know each other. */
export const MACHINE_VARIABLE = 'ADSCALE_MACHINE';

/**
 * A board in Valkey where every process of the service writes its figures, so that each can tell
 * those of all. Workers of this machine are left out: they answer each other directly.
 */
export class ReplicaBoard implements Others {
  private readonly machine = process.env[MACHINE_VARIABLE] ?? randomUUID();

  /** @param now a clock in milliseconds since 1970, for tests */
  constructor(
    private readonly valkey: Valkey,
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
