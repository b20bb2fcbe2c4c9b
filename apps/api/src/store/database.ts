import { Kysely } from 'kysely';
import { type Where, openDialect } from './engine.js';
import { migrate } from './migrations.js';
import type { Tables } from './tables.js';

/** Pauses between attempts to open a database: they double from the first to the longest. */
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 10_000;

/** What is told of attempts to open. */
export interface DatabaseNews {
  opened(): void;
  failed(error: unknown): void;
}

/** A database that is opened, migrated, and opened again until that succeeds. */
export class Database {
  private attempt: Promise<Kysely<Tables>>;
  private pause = FIRST_PAUSE_MS;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly where: Where,
    private readonly news: DatabaseNews,
  ) {
    this.attempt = this.open();
  }

  /** The database, once the attempt that is under way has succeeded. @throws why the latest one failed */
  get(): Promise<Kysely<Tables>> {
    return this.attempt;
  }

  async close(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const db = await this.attempt.catch(() => undefined);
    clearTimeout(this.timer);
    await db?.destroy();
  }

  private open(): Promise<Kysely<Tables>> {
    const attempt = open(this.where);
    attempt.then(
      () => this.news.opened(),
      (error: unknown) => {
        this.news.failed(error);
        this.timer = setTimeout(() => (this.attempt = this.open()), this.pause);
        this.pause = Math.min(2 * this.pause, LONGEST_PAUSE_MS);
      },
    );
    return attempt;
  }
}

async function open(where: Where): Promise<Kysely<Tables>> {
  const db = new Kysely<Tables>({ dialect: openDialect(where) });
  try {
    await migrate(db);
    return db;
  } catch (error) {
    await db.destroy().catch(() => {});
    throw error;
  }
}
