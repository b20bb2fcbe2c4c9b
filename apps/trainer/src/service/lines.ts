import { RefusedError } from '../cli/exit.js';

/** Characters of a line; longer ones are no lines of ours, and would fill the memory. */
const LONGEST_LINE = 1 << 24;

/**
 * The values of an answer of lines of JSON, read as they are taken.
 * @param name what errors call the answer
 * @throws RefusedError if a line is no JSON, or the answer breaks off within one
 */
export async function* linesOf<T>(
  response: Response,
  signal: AbortSignal,
  name: string,
): AsyncGenerator<T> {
  const decoder = new TextDecoder();
  let rest = '';
  let count = 0;
  const read = (line: string): T => {
    count++;
    try {
      return JSON.parse(line) as T;
    } catch (cause) {
      throw new RefusedError(`${name}: line ${count} is no JSON`, { cause });
    }
  };
  try {
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      rest += decoder.decode(chunk, { stream: true });
      if (rest.length > LONGEST_LINE)
        throw new RefusedError(`${name}: line ${count + 1} is endless`);
      const lines = rest.split('\n');
      rest = lines.pop()!;
      for (const line of lines) if (line.trim() !== '') yield read(line);
    }
  } catch (cause) {
    if (cause instanceof RefusedError) throw cause;
    signal.throwIfAborted();
    throw new RefusedError(`${name}: the answer broke off after ${count} lines`, { cause });
  }
  if (rest.trim() !== '') yield read(rest);
}
