/** What the program's exit status says. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** A flag or the input data is wrong; nothing was written. */
  badInput: 2,
  /** Stopped by Ctrl-C (SIGINT); nothing is half-written. SIGTERM makes it 143. */
  interrupted: 130,
} as const;

/** The exit statuses as every command's help tells them. */
export const exitHelp =
  'Exit status: 0 done, 1 failed, 2 bad flag or bad data (nothing written), 130 interrupted,\n143 terminated.';

/** Something the user can mend: told without a stack, exit status 2. */
export class InputError extends Error {
  override readonly name = 'InputError';
}

/** Something that was asked for on a condition that does not hold: no stack, exit status 1. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
}
