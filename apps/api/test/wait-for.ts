/** Long enough for a machine that has other things to do; less than a test may take. */
const PATIENCE_MS = 45_000;
const PAUSE_MS = 10;

/**
 * Waits until `condition` gives something truthy, and returns it.
 * @param what completes the error's sentence "waited 45 s for …"
 * @throws Error after 45 s, with what the condition gave last
 */
export async function waitFor<T>(what: string, condition: () => T | Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  for (;;) {
    const got = await condition();
    if (got) return got;
    if (performance.now() > end) throw new Error(tooLate(`${what}; it was ${String(got)}`));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/**
 * Bounds a wait for something that announces itself.
 * @param what completes the error's sentence "waited 45 s for …"
 * @throws Error after 45 s, or `patienceMs`
 */
export async function within<T>(
  what: string | (() => string),
  event: Promise<T>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const say = () => (typeof what === 'string' ? what : what());
    timer = setTimeout(() => reject(new Error(tooLate(say(), patienceMs))), patienceMs);
  });
  return Promise.race([event, late]).finally(() => clearTimeout(timer));
}

function tooLate(what: string, patienceMs = PATIENCE_MS): string {
  return `waited ${patienceMs / 1000} s for ${what}`;
}
