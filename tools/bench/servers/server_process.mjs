import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const script = fileURLToPath(new URL('server.mjs', import.meta.url));

/** A server under test in a process of its own; see `server.mjs`. */
export class ServerProcess {
  /**
   * @param {'raw' | 'fastify' | 'api'} kind
   * @param environment its settings
   * @param part of a request that it leaves out, see `left_out.mjs`
   */
  constructor(kind, environment = {}, part = undefined) {
    this.kind = kind;
    this.part = part;
    this.environment = environment;
  }

  /** Resolves once it listens on `port`. */
  async start() {
    this.child = fork(script, this.part === undefined ? [this.kind] : [this.kind, this.part], {
      env: { PATH: process.env.PATH, ...this.environment },
      execArgv: ['--expose-gc'],
      // The log is written and read by nobody, as in production it goes elsewhere.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.ended = once(this.child, 'exit').then(([code]) => {
      throw new Error(`the ${this.kind} server ended with exit code ${code}`);
    });
    // Only whoever waits for an answer is told.
    this.ended.catch(() => {});
    this.port = (await this.answer()).port;
  }

  /** @returns {Promise<{cpu: number}>} seconds of processor time since it started */
  cpu() {
    this.child.send('cpu');
    return this.answer();
  }

  /**
   * Collects its garbage and tells what is left.
   * @returns {Promise<{heap: number, external: number, resident: number}>} bytes
   */
  memory() {
    this.child.send('memory');
    return this.answer();
  }

  /** What GET /stats says, of a server that has it. */
  async stats() {
    const answer = await fetch(`http://127.0.0.1:${this.port}/stats`);
    return answer.json();
  }

  stop() {
    if (this.child?.connected) this.child.disconnect();
  }

  async answer() {
    const [answer] = await Promise.race([once(this.child, 'message'), this.ended]);
    return answer;
  }
}

const TICKS_A_SECOND = 100;

/** The same for a server in Python, see `peers/fastapi_service.py`; on Linux. */
export class PythonProcess {
  /** @param options of the script */
  constructor(python, options = []) {
    const service = fileURLToPath(new URL('../peers/fastapi_service.py', import.meta.url));
    this.command = [python, [service, ...options]];
  }

  async start() {
    const [python, script] = this.command;
    this.child = spawn(python, script, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.child.on('error', () => {});
    const [port] = await Promise.race([
      once(this.child.stdout, 'data'),
      once(this.child, 'close').then(() => Promise.reject(new Error(`${python} does not serve`))),
    ]);
    this.port = Number(port);
  }

  async cpu() {
    const stat = await readFile(`/proc/${this.child.pid}/stat`, 'utf8');
    // Behind the name, which may hold blanks.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { cpu: (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND };
  }

  stop() {
    this.child?.kill();
  }
}
