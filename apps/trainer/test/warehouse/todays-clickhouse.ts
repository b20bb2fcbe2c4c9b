import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** What we use of chdb, ClickHouse in this process. */
interface Session {
  query(sql: string, format?: string): string;
  close(): void;
}

/** Half a gigabyte, so it is no dependency: a folder in which `npm install chdb` was run. */
const folder =
  process.env['ADSCALE_CHDB'] ??
  join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'adscale-chdb');

export const isThere = existsSync(join(folder, 'node_modules', 'chdb'));

export const NOT_THERE = `chdb is not in ${folder} (npm install --prefix <folder> chdb@3.4.0; ADSCALE_CHDB names another folder)`;

async function textOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Parameters of a request that are no settings of the query. */
const OWN = new Set(['query', 'query_id', 'database', 'default_format', 'session_id']);

/** Today's ClickHouse behind its HTTP interface, as far as a client that reads uses it. */
export class TodaysClickHouse {
  private constructor(
    private readonly session: Session,
    private readonly server: Server,
    /** Where it listens, on 127.0.0.1. */
    readonly port: number,
  ) {}

  static async start(): Promise<TodaysClickHouse> {
    const chdb = createRequire(join(folder, 'x.js'))('chdb') as { Session: new () => Session };
    const session = new chdb.Session();
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    const clickhouse = new TodaysClickHouse(session, server, port);
    server.on('request', async (incoming, answer) => {
      try {
        const body = await textOf(incoming);
        answer.end(clickhouse.answer(incoming.url!, body));
      } catch (error) {
        const told = (error as Error).message.replace(/^Query failed: /, '');
        const code = /^Code: (\d+)/.exec(told)?.[1];
        answer.writeHead(500, code === undefined ? {} : { 'x-clickhouse-exception-code': code });
        answer.end(told);
      }
    });
    return clickhouse;
  }

  /** Runs a statement, or several, that answer nothing. */
  command(...statements: readonly string[]): void {
    for (const sql of statements) this.session.query(sql);
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.server.closeAllConnections();
    await closed;
    this.session.close();
  }

  private answer(url: string, body: string): string {
    const { pathname, searchParams } = new URL(url, 'http://any');
    if (pathname === '/ping') return 'Ok.\n';
    const sql = [searchParams.get('query') ?? '', body].filter((part) => part !== '').join('\n');
    const settings = [...searchParams].filter(([name]) => !OWN.has(name));
    for (const [name, value] of settings) this.session.query(`SET ${name} = '${value}'`);
    this.session.query(`USE ${searchParams.get('database') ?? 'default'}`);
    return this.session.query(sql, searchParams.get('default_format') ?? 'TabSeparated');
  }
}
