import { fork } from 'node:child_process';
import { once } from 'node:events';
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
