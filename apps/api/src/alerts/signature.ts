import { createHmac } from 'node:crypto';
import { KEY_PREFIX } from '../secret.js';

/**
 * The headers that a message is signed with, by the Standard Webhooks specification 1.0.0
 * (standardwebhooks.com), for which most languages have a library: HMAC-SHA256 over
 * `id.timestamp.body`, in base64.
 * @param secret `whsec_` and the key in base64, or any other text, which is the key itself
 * @param id of the message, the same whenever it is sent again
 * @param at when it is sent, in milliseconds since 1970; receivers refuse what is minutes old
 */
export function signedHeaders(
  secret: string,
  id: string,
  at: number,
  body: string,
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000));
  const mac = createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.${body}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${mac.digest('base64')}`,
  };
}

function keyOf(secret: string): Buffer {
  return secret.startsWith(KEY_PREFIX)
    ? Buffer.from(secret.slice(KEY_PREFIX.length), 'base64')
    : Buffer.from(secret);
}
