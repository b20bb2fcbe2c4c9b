import { PostgresServer, programs } from './postgres-server.js';
import { temporaryStore } from './temporary.js';

/** A database that the same tests run on. */
export interface Engine {
  readonly name: 'sqlite' | 'postgresql';
  /** Gives the address of an empty database of its own, for as long as the test file runs. */
  newUrl(): string;
  /** Makes it unusable, as by a crash, and usable again; undefined for one without a server. */
  readonly server?: { kill(): Promise<void>; resume(): Promise<void> };
}

/**
 * Runs tests on SQLite and on PostgreSQL. The server of the latter is one for a test file; without
 * Debian's package `postgresql` its tests are left out, and that is said.
 */
export function describeEngines(what: string, tests: (engine: Engine) => void): void {
  describe(`${what}, on SQLite`, () => {
    tests({ name: 'sqlite', newUrl: temporaryStore });
  });
  if (programs === undefined) {
    console.warn(`${what}: not tested on PostgreSQL, because Debian's postgresql is not installed`);
    return;
  }
  describe(`${what}, on PostgreSQL`, () => {
    let server: PostgresServer | undefined;
    beforeAll(async () => {
      server = await PostgresServer.start();
    });
    afterAll(() => server?.remove());
    tests({
      name: 'postgresql',
      newUrl: () => server!.newDatabase(),
      server: { kill: () => server!.kill(), resume: () => server!.resume() },
    });
  });
}
