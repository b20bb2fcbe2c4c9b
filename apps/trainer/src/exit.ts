/** What the program's exit status says. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A flag or the input data is wrong; nothing was written. */
  badInput: 2,
  /** Ctrl-C; nothing was written. */
  interrupted: 130,
} as const;

/** Something the user can mend: told without a stack, exit status 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}
