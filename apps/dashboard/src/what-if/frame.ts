/* How long it takes from a move of a slider to its picture: measured by the page itself, for whoever watches. */

const NAME = 'adscale:what-if';
/** A browser keeps all measures until it is told not to. */
const MOST_MEASURES = 2000;

const afterDrawing = new MessageChannel();
let since: number | undefined;
let measures = 0;

/** A frame's callbacks run before it is drawn; the message is heard behind that. */
afterDrawing.port1.onmessage = () => {
  if (++measures % MOST_MEASURES === 0) performance.clearMeasures(NAME);
  performance.measure(NAME, { start: since!, end: performance.now() });
  since = undefined;
};

/** Measures from an input to the end of the frame that shows what came of it. @param at of the event */
export function measureFrame(at: number): void {
  if (since !== undefined) return;
  since = at;
  requestAnimationFrame(() => afterDrawing.port2.postMessage(null));
}
