import { useWarehouse } from '../../src/warehouse/open.js';
import { NOT_INSTALLED, PASSWORD, PostgresServer, programs } from './postgres-server.js';

// A server that starts, on a machine that may be busy.
jest.setTimeout(120_000);

const onServer = programs === undefined ? describe.skip : describe;
if (programs === undefined) console.log(`Skipped: ${NOT_INSTALLED}`);

/** Roles by how the server wants their password; we ourselves need none. */
const roles = ['scram', 'md5', 'plain'] as const;
const access = [
  'host all postgres 127.0.0.1/32 trust',
  'host all scram 127.0.0.1/32 scram-sha-256',
  'host all md5 127.0.0.1/32 md5',
  'host all plain 127.0.0.1/32 password',
].join('\\n');

onServer('a connection to PostgreSQL', () => {
  let server: PostgresServer;
  const before = process.env['PGPASSWORD'];
  const as = (role: string): string => server.url.replace('postgres@', `${role}@`);

  /** Whether the connection is encrypted. */
  async function encryption(url: string): Promise<unknown> {
    const { signal } = new AbortController();
    const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    return useWarehouse(url, { threads: 1 }, signal, async (warehouse) => {
      for await (const [row] of warehouse.stream(sql)) return row![0];
    });
  }

  beforeAll(async () => {
    server = await PostgresServer.start();
    server.run(`SET password_encryption = 'md5'; CREATE ROLE md5 LOGIN PASSWORD '${PASSWORD}'`);
    for (const role of ['scram', 'plain']) {
      server.run(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
    }
    // Read when it starts again.
    server.run(`COPY (SELECT 1) TO PROGRAM 'printf "${access}\\n" > pg_hba.conf'`);
    await server.kill();
    await server.resume();
  });
  afterEach(() => {
    if (before === undefined) delete process.env['PGPASSWORD'];
    else process.env['PGPASSWORD'] = before;
  });
  afterAll(() => server?.remove());

  it.each(roles)('says by which variable a password comes (%s)', async (role) => {
    for (const none of [undefined, '']) {
      if (none === undefined) delete process.env['PGPASSWORD'];
      else process.env['PGPASSWORD'] = none;
      await expect(encryption(as(role))).rejects.toThrow(
        `${as(role)}: the server wants a password: set PGPASSWORD`,
      );
    }
    process.env['PGPASSWORD'] = 'guessed';
    await expect(encryption(as(role))).rejects.toThrow(/password authentication failed/);
    process.env['PGPASSWORD'] = PASSWORD;
    await expect(encryption(as(role))).resolves.toBe(false);
  });
});
