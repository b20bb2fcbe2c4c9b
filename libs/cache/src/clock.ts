/**
 * The process's monotonic clock in milliseconds, read at most once a millisecond while the event
 * loop turns: an age is asked for at every lookup, and reading the clock costs as much as the
 * lookup. Its timer never keeps the process alive.
 */
export function coarseClock(): () => number {
  let time = 0;
  let fresh = false;
  const expire = () => {
    fresh = false;
  };
  return () => {
    if (!fresh) {
      time = performance.now();
      fresh = true;
      setTimeout(expire, 1).unref();
    }
    return time;
  };
}
