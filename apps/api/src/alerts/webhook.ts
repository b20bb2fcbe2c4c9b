import { signedHeaders } from './signature.js';

/** A receiver that takes longer has not taken the message; it is sent again. */
export const ANSWER_MS = 10_000;

/** What became of a message: undefined, it was taken; else why not. */
export type Refusal = { readonly reason: string; readonly isFinal: boolean } | undefined;

/** Sends messages to the address that the operator has set. */
export class Webhook {
  /** @param secret signs messages; empty: they are not signed */
  constructor(
    private readonly url: string,
    private readonly secret: string,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Sends a message once. Never rejects.
   * @param id the same whenever it is sent again, so that a receiver can drop what it has
   */
  async send(id: string, body: string): Promise<Refusal> {
    const signed = this.secret === '' ? { 'webhook-id': id } : this.sign(id, body);
    try {
      const {
        ok,
        status,
        body: answer,
      } = await fetch(this.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'AdScale', ...signed },
        body,
        // A message that follows a redirect would reach whom nobody named.
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_MS),
      });
      await answer?.cancel();
      // Gone is how a receiver says that it wants no more (Standard Webhooks).
      return ok ? undefined : { reason: `answered ${status}`, isFinal: status === 410 };
    } catch (error) {
      return { reason: wordsOf(error as Error), isFinal: false };
    }
  }

  private sign(id: string, body: string): Record<string, string> {
    return signedHeaders(this.secret, id, this.now(), body);
  }
}

/** `fetch` hides what happened behind "fetch failed". The address stays out: it may hold a secret. */
function wordsOf({ name, cause }: Error): string {
  if (name === 'TimeoutError') return `no answer within ${ANSWER_MS / 1000} s`;
  const { code, message } = (cause ?? {}) as NodeJS.ErrnoException;
  return code ?? (message === 'unexpected redirect' ? 'answered with a redirect' : 'no connection');
}
