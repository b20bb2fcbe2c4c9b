/* What people take with them: the request as a command, the table as an address, files. */
import { serviceUrl } from '../api/client.js';
import { asWritten, type Written } from './rows.js';

/** A text as one word of a shell: nothing in it is read by the shell. */
const quoted = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** A word of a command may have so many bytes (Linux allows 128 KiB). */
const LONGEST_WORD = 100_000;

/**
 * The command that asks the same. The key is named, and not told: commands end up in histories.
 * @param body JSON on one line
 */
export function curlOf(path: string, body: string, hasKey: boolean): string {
  const parts = [
    `curl -X POST ${quoted(`${serviceUrl}${path}`)}`,
    `-H 'content-type: application/json'`,
    ...(hasKey ? ['-H "x-api-key: $KEY"'] : []),
  ];
  if (new TextEncoder().encode(body).length <= LONGEST_WORD) {
    return [...parts, `--data-raw ${quoted(body)}`].join(' \\\n  ');
  }
  return `${[...parts, "--data-binary @- <<'END_OF_REQUEST'"].join(' \\\n  ')}\n${body}\nEND_OF_REQUEST\n`;
}

/** Addresses that are longer are cut by mail programs and chats. */
const LONGEST_ADDRESS = 8000;
const MARK = 'z.';

async function piped(bytes: Uint8Array, through: CompressionStream | DecompressionStream) {
  const stream = new Blob([bytes as Uint8Array<ArrayBuffer>]).stream().pipeThrough(through);
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The table for an address; undefined if it is too long for one. */
export async function packed(draft: Written): Promise<string | undefined> {
  const bytes = new TextEncoder().encode(JSON.stringify(draft));
  const small = await piped(bytes, new CompressionStream('deflate-raw'));
  const text = btoa(Array.from(small, (byte) => String.fromCharCode(byte)).join(''));
  const safe = text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
  return safe.length <= LONGEST_ADDRESS ? MARK + safe : undefined;
}

/** What `packed` made; undefined for anything else. */
export async function unpacked(text: string): Promise<Written | undefined> {
  if (!text.startsWith(MARK) || text.length > LONGEST_ADDRESS + MARK.length) return undefined;
  try {
    const packedText = text.slice(MARK.length).replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(packedText), (letter) => letter.charCodeAt(0));
    const plain = await piped(bytes, new DecompressionStream('deflate-raw'));
    return asWritten(JSON.parse(new TextDecoder().decode(plain)));
  } catch {
    return undefined;
  }
}

/** Has the browser save a text as a file. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
