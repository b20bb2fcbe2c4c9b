import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { InputError } from '../../src/cli/exit.js';
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
  let folder: string;
  const as = (role: string): string => server.url.replace('postgres@', `${role}@`);

  /** Whether the connection is encrypted. */
  async function encryption(url: string): Promise<unknown> {
    const { signal } = new AbortController();
    const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
    return useWarehouse(url, { threads: 1 }, signal, async (warehouse) => {
      for await (const [row] of warehouse.stream(sql)) return row![0];
      throw new Error('got no row');
    });
  }

  beforeAll(async () => {
    server = await PostgresServer.start();
    server.run(`SET password_encryption = 'md5'; CREATE ROLE md5 LOGIN PASSWORD '${PASSWORD}'`);
    for (const role of ['scram', 'plain']) {
      server.run(`CREATE ROLE ${role} LOGIN PASSWORD '${PASSWORD}'`);
    }
    // Read when it starts again.
    server.run(`COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; printf "${access}\\n" > pg_hba.conf'`);
    // Of a host that is not the one we ask for.
    const made = 'openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=elsewhere';
    server.run(
      `COPY (SELECT 1) TO PROGRAM 'cat >/dev/null; ${made} -keyout server.key -out server.crt 2>&1'`,
    );
    server.run('ALTER SYSTEM SET ssl = on');
    folder = await mkdtemp(join(tmpdir(), 'adscale-certificate-'));
    await writeFile(join(folder, 'root.crt'), server.ask("SELECT pg_read_file('server.crt')"));
    await server.kill();
    await server.resume();
  });
  afterEach(() => {
    if (before === undefined) delete process.env['PGPASSWORD'];
    else process.env['PGPASSWORD'] = before;
  });
  afterAll(async () => {
    await server?.remove();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

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

  it('is encrypted as sslmode says, and nothing is warned of', async () => {
    const warned: string[] = [];
    const onWarning = ({ message }: Error): void => void warned.push(message);
    process.on('warning', onWarning);
    const root = encodeURIComponent(join(folder, 'root.crt'));
    const by = (query: string): Promise<unknown> => encryption(`${server.url}?${query}`);
    try {
      expect(await by('sslmode=disable')).toBe(false);
      expect(await by('sslmode=require')).toBe(true);
      expect(await by('sslmode=no-verify')).toBe(true);
      expect(await by(`sslmode=require&sslrootcert=${root}`)).toBe(true);
      expect(await by(`sslmode=verify-ca&sslrootcert=${root}`)).toBe(true);
      await expect(by('sslmode=verify-full')).rejects.toThrow(/self-signed certificate/);
      const named = server.url.replace('127.0.0.1', 'localhost');
      for (const mode of ['sslmode=verify-full&', '']) {
        const verified = encryption(`${named}?${mode}sslrootcert=${root}`);
        await expect(verified).rejects.toThrow(/does not match certificate/);
      }
      // Warnings are told on the next turn.
      await setImmediate();
      expect(warned).toEqual([]);
    } finally {
      process.off('warning', onWarning);
    }
  });

  it.each([
    ['sslmode=geheim', /another sslmode in the URL, wanted disable, require, verify-ca/],
    ['sslmode=verify-ca', /verify-ca alone, wanted sslrootcert/],
    ['sslrootcert=/nowhere/root.crt', /sslrootcert: ENOENT.*\/nowhere\/root\.crt/],
  ])('is refused by %s', async (query, told) => {
    const refused = encryption(`${server.url}?${query}`);
    await expect(refused).rejects.toBeInstanceOf(InputError);
    await expect(refused).rejects.toThrow(told);
  });
});
