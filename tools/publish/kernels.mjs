/*
 * Compiles a library's kernels and embeds them: `node tools/publish/kernels.mjs libs/forest`
 *
 *   kernels/*.ts              AssemblyScript
 *   src/kernels/embedded.ts   the bytes, as text, so that no host needs a file or a fetch for them
 *
 * A module says in one byte whether its memory is shared. It is compiled for shared memory, and runs
 * over memory of its own once that byte is changed, whose place is embedded with it.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** Binary operations on doubles are those of IEEE 754 everywhere, vectors too: no relaxed SIMD. */
const options = [
  '-O3',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd,threads',
  '--importMemory',
  '--sharedMemory',
  '--maximumMemory',
  '65536',
  '--pedantic',
];

/** What the byte says of shared memory. */
const SHARED = 3;

async function compile(project) {
  let bytes;
  const { error, stderr } = await asc.main(
    [join('kernels', 'index.ts'), '--baseDir', project, '-o', 'kernels.wasm', ...options],
    {
      writeFile: (name, contents) => {
        if (name === 'kernels.wasm') bytes = contents;
      },
    },
  );
  const said = stderr.toString();
  if (error !== null || said !== '') throw new Error(said || String(error));
  return bytes;
}

/** What `src/kernels/embedded.ts` has to say of a project's kernels. */
export async function embed(project) {
  const bytes = Buffer.from(await compile(project));
  // How the import of a memory is written, up to the byte that says what kind it is.
  const before = Buffer.from('\x03env\x06memory\x02', 'latin1');
  const at = bytes.indexOf(before) + before.length;
  if (at < before.length || bytes[at] !== SHARED) throw new Error('no shared memory is imported');
  return `// Written by tools/publish/kernels.mjs from kernels/*.ts. Do not change it by hand.

/** The module, in base 64: ${bytes.length.toLocaleString('en-GB')} bytes. */
// eslint-disable-next-line @typescript-eslint/no-inferrable-types -- inferred, its type is the text itself
export const kernelText: string =
  '${bytes.toString('base64')}';

/** Where the byte is that says of what kind the memory is. */
export const memoryKindAt = ${at};
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [project] = process.argv.slice(2);
  const path = join(project, 'src', 'kernels', 'embedded.ts');
  const text = await embed(project);
  // An unchanged file keeps its time, so that nothing is built anew for it.
  let before = '';
  try {
    before = readFileSync(path, 'utf8');
  } catch {
    // There is none yet.
  }
  if (text !== before) writeFileSync(path, text);
}
