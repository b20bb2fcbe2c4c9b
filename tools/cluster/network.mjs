// Hosts on one machine: each is a network namespace, and a bridge in a namespace of its own is the
// switch between them. Nothing of the machine's own network is touched, and no packet leaves it.
//
//   client ──┐            ┌── replica-1
//   balancer ┼── switch ──┼── replica-2      one cable (a veth pair) each; a host is cut off by
//   valkey ──┤  (bridge)  └── replica-3      taking the switch's end of its cable down
//   postgres ┘
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const slowWire = fileURLToPath(new URL('slow_wire.py', import.meta.url));

/** Addresses of the hosts, in a network that exists nowhere else. */
const addresses = {
  client: '10.84.0.2',
  balancer: '10.84.0.3',
  valkey: '10.84.0.4',
  postgres: '10.84.0.5',
  'replica-1': '10.84.0.11',
  'replica-2': '10.84.0.12',
  'replica-3': '10.84.0.13',
};

export const replicas = ['replica-1', 'replica-2', 'replica-3'];

/** The address of a host. */
export const addressOf = (host) => addresses[host];

/** The hosts, their cables, and every process that runs on them. */
export class Network {
  prefix = `adscale-${process.pid}`;
  children = new Set();
  /** By host: the process that slows its cable, or undefined where the kernel does. */
  slowed = new Map();

  /**
   * Makes all hosts.
   * @throws Error with what `ip` said
   */
  async make() {
    const ports = this.namespace('switch');
    await this.ip('netns', 'add', ports);
    await this.ip('-n', ports, 'link', 'add', 'bridge', 'type', 'bridge');
    await this.ip('-n', ports, 'link', 'set', 'bridge', 'up');
    for (const host of Object.keys(addresses)) await this.plugIn(host);
  }

  namespace(host) {
    return `${this.prefix}-${host}`;
  }

  async plugIn(host) {
    const [ports, name, port] = [this.namespace('switch'), this.namespace(host), portOf(host)];
    const cable = ['type', 'veth', 'peer', 'name', 'eth0', 'netns', name];
    await this.ip('netns', 'add', name);
    await this.ip('-n', ports, 'link', 'add', port, ...cable);
    await this.ip('-n', ports, 'link', 'set', port, 'master', 'bridge', 'up');
    await this.ip('-n', name, 'address', 'add', `${addresses[host]}/24`, 'dev', 'eth0');
    await this.ip('-n', name, 'link', 'set', 'lo', 'up');
    await this.ip('-n', name, 'link', 'set', 'eth0', 'up');
  }

  async ip(...args) {
    await run('ip', args);
  }

  /** Starts a program on a host. It ends with the network at the latest. */
  spawn(host, command, args, options) {
    // `ip` becomes the program, so the process id is the program's.
    const inHost = ['netns', 'exec', this.namespace(host), command, ...args];
    const child = spawn('ip', inHost, options);
    child.on('error', () => this.children.delete(child));
    child.on('exit', () => this.children.delete(child));
    this.children.add(child);
    return child;
  }

  /** Pulls a host's cable out: nobody is told, packets just go nowhere. */
  async cut(host) {
    await this.ip('-n', this.namespace('switch'), 'link', 'set', portOf(host), 'down');
  }

  /** Puts it in again. */
  async join(host) {
    await this.ip('-n', this.namespace('switch'), 'link', 'set', portOf(host), 'up');
  }

  /**
   * Delays what a host sends, and loses some of it: by the kernel's netem or, where the kernel is
   * built without, by a program that passes the packets on.
   * @returns {Promise<string>} by what, for the report
   */
  async slow(host, { delayMs, loss }) {
    try {
      const netem = ['netem', 'delay', `${delayMs}ms`, 'loss', `${100 * loss}%`];
      const device = ['dev', 'eth0', 'root'];
      await run('tc', ['-n', this.namespace(host), 'qdisc', 'add', ...device, ...netem]);
      this.slowed.set(host, undefined);
      return 'tc netem';
    } catch {
      await this.insertWire(host, delayMs, loss);
      return 'slow_wire.py, as the kernel has no netem';
    }
  }

  async insertWire(host, delayMs, loss) {
    const [ports, port] = [this.namespace('switch'), portOf(host)];
    const pair = ['slow', 'type', 'veth', 'peer', 'name', 'slow-end'];
    await this.ip('-n', ports, 'link', 'add', ...pair);
    await this.ip('-n', ports, 'link', 'set', 'slow-end', 'master', 'bridge', 'up');
    await this.ip('-n', ports, 'link', 'set', 'slow', 'up');
    const args = [slowWire, port, 'slow', String(delayMs), String(loss)];
    const wire = this.spawn('switch', 'python3', args, { stdio: ['ignore', 'pipe', 'inherit'] });
    await Promise.race([
      once(wire.stdout, 'data'),
      once(wire, 'exit').then(() => Promise.reject(new Error('slow_wire.py ended at its start'))),
    ]);
    this.slowed.set(host, wire);
    await this.ip('-n', ports, 'link', 'set', port, 'nomaster');
  }

  /** Ends what `slow` began. */
  async quicken(host) {
    const wire = this.slowed.get(host);
    this.slowed.delete(host);
    if (wire === undefined) {
      return run('tc', ['-n', this.namespace(host), 'qdisc', 'del', 'dev', 'eth0', 'root']);
    }
    await end(wire, 'SIGKILL');
    const ports = this.namespace('switch');
    await this.ip('-n', ports, 'link', 'del', 'slow');
    await this.ip('-n', ports, 'link', 'set', portOf(host), 'master', 'bridge');
  }

  /** Ends every process and removes every namespace. Rejects never; may be called again. */
  async remove() {
    await Promise.all([...this.children].map((child) => end(child, 'SIGKILL')));
    const { stdout } = await run('ip', ['netns', 'list']).catch(() => ({ stdout: '' }));
    const names = stdout.split('\n').map((line) => line.split(' ')[0]);
    for (const name of names.filter((each) => each.startsWith(`${this.prefix}-`))) {
      await endAllIn(name);
      await run('ip', ['netns', 'del', name]).catch(() => {});
    }
  }
}

/** The switch's end of a host's cable. */
const portOf = (host) => `to-${host}`;

/** Processes that ours started and left behind, such as those of PostgreSQL: they are in our namespace. */
async function endAllIn(name) {
  const { stdout } = await run('ip', ['netns', 'pids', name]).catch(() => ({ stdout: '' }));
  for (const pid of stdout.split('\n').filter((line) => line !== '')) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has just ended.
    }
  }
}

/** Ends a process. @returns {Promise<number | null>} its exit code; null when the signal ended it */
export async function end(child, signal) {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = once(child, 'exit');
  child.kill(signal);
  const [code] = await ended;
  return code;
}
