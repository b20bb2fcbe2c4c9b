/*
 * Modules, as source text, that a process of the service runs before its program. They stage what
 * cannot be staged from outside: a disk that fails once, or a start that takes for ever.
 */

/** A read of a file by its name: the `nth` one, or the first one after a read of `after`. */
export interface StagedRead {
  readonly name: string;
  readonly nth?: number;
  readonly after?: string;
}

/** Makes one read wait for ever, and logs `<name> is held` with the process's id. */
export function holdingRead(read: StagedRead): string {
  return atRead(
    read,
    `console.log(JSON.stringify({ msg: '${read.name} is held', pid: process.pid }));
     setInterval(() => {}, 1e6);
     return new Promise(() => {});`,
  );
}

/** Makes one read fail. */
export function failingRead(read: StagedRead): string {
  return atRead(
    read,
    `throw Object.assign(new Error('EIO: i/o error'), { code: 'EIO', syscall: 'read' });`,
  );
}

function atRead({ name, nth = 1, after }: StagedRead, statements: string): string {
  return `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    const { readFile } = fs.promises;
    let counting = ${after === undefined};
    let reads = 0;
    fs.promises.readFile = async (path, ...options) => {
      if (String(path).endsWith('/${after}')) counting = true;
      if (counting && String(path).endsWith('/${name}') && ++reads === ${nth}) {
        ${statements}
      }
      return readFile(path, ...options);
    };
    syncBuiltinESMExports();`;
}

/** Runs these statements in workers alone. */
export function inWorkers(statements: string): string {
  return `
    import cluster from 'node:cluster';
    if (cluster.isWorker) {
      ${statements}
    }`;
}
