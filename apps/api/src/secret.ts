/** Before a key in base64, by the Standard Webhooks specification 1.0.0. */
export const KEY_PREFIX = 'whsec_';

/** That specification asks for 24 to 64 bytes; a shorter key could be guessed. */
const LEAST_BYTES = 24;

export const SECRET_WANTED = `any text, or ${KEY_PREFIX} and a key of at least ${LEAST_BYTES} bytes in base64`;

/**
 * What messages may be signed with, or undefined if it is no key. What is no base64 is refused here: read
 * as if it were, it would be a key that nobody has written, and perhaps an empty one.
 */
export function parseSecret(text: string): string | undefined {
  if (!text.startsWith(KEY_PREFIX)) return text;
  const digits = text.slice(KEY_PREFIX.length);
  const key = Buffer.from(digits, 'base64');
  const unpadded = (base64: string) => base64.replace(/={1,2}$/, '');
  const isKey = unpadded(key.toString('base64')) === unpadded(digits);
  return isKey && key.length >= LEAST_BYTES ? text : undefined;
}
