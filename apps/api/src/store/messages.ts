/** What the store's thread is told. */
export type ToThread =
  | { readonly kind: 'query'; readonly id: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'close' };

/** What the store's thread tells. */
export type FromThread =
  | { readonly kind: 'opened' }
  /** The database could not be opened; it is tried again. */
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | {
      readonly kind: 'error';
      readonly id: number;
      /** What is behind it, with its stack where it is a fault of ours. */
      readonly reason: string;
      /** Whether the database cannot be used, rather than that we did something wrong. */
      readonly unavailable: boolean;
    };

/** What the thread is started with. */
export interface ThreadData {
  readonly url: string;
  /** Most bytes of a file; 0: any number. */
  readonly maxBytes: number;
}
