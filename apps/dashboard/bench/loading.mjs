/* What opening the page costs: bytes of its files, and time until it answers. */
import { readdirSync, readFileSync } from 'node:fs';

/** Files that draw charts: loaded when the first chart is shown. */
const isChart = (url) => /\/assets\/(e?charts?)-/.test(url);
const isFile = (url) => url.endsWith('/') || url.includes('/assets/');

/**
 * Bytes that come over the wire until Live is there with its charts, headers included, as the browser
 * counts them.
 * @returns `{ page, charts, data }`: files of the page, files of its charts, and answers of the service
 */
export async function transferred({ url, browser }) {
  const context = await browser.newContext();
  try {
    const page = await context.newPage();
    const devtools = await context.newCDPSession(page);
    await devtools.send('Network.enable');
    const seen = watch(devtools);
    await page.goto(`${url}/#/live`);
    await page.locator('canvas').first().waitFor();
    await seen.settled();
    const sum = (of) =>
      seen.done.filter(({ url: from }) => of(from)).reduce((total, { bytes }) => total + bytes, 0);
    return {
      page: sum((from) => isFile(from) && !isChart(from)),
      charts: sum(isChart),
      data: sum((from) => !isFile(from)),
    };
  } finally {
    await context.close();
  }
}

/** Follows requests. Streams never end, so nobody waits for them, and nobody counts them. */
function watch(devtools) {
  const open = new Map();
  const done = [];
  let settle = () => {};
  const close = (id, bytes) => {
    const from = open.get(id);
    open.delete(id);
    if (from !== undefined && bytes !== undefined) done.push({ url: from, bytes });
    if (open.size === 0) settle();
  };
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => {
    open.set(requestId, request.url.split('#')[0]);
  });
  devtools.on('Network.responseReceived', ({ requestId, response }) => {
    if (response.mimeType === 'text/event-stream') close(requestId);
  });
  devtools.on('Network.loadingFinished', ({ requestId, encodedDataLength }) =>
    close(requestId, encodedDataLength),
  );
  devtools.on('Network.loadingFailed', ({ requestId }) => close(requestId));
  const settled = () =>
    open.size === 0 ? Promise.resolve() : new Promise((resolve) => void (settle = resolve));
  return { done, settled };
}

/** Presses Pause as soon as Live shows it, and tells when the picture says that it was heard. */
function pressPause() {
  const told = (name) => {
    const buttons = Array.from(document.querySelectorAll('main button'));
    return buttons.find((button) => button.textContent === name);
  };
  let isPressed = false;
  const look = () => {
    const pause = told('Pause');
    if (!isPressed && pause !== undefined && document.querySelector('h1')?.textContent === 'Live') {
      isPressed = true;
      pause.click();
    }
    if (told('Go on') === undefined) return;
    observer.disconnect();
    // After the frame that shows it.
    window.requestAnimationFrame(() => setTimeout(() => window.heard(performance.now())));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, characterData: true, subtree: true });
}

/**
 * Time from the first byte asked for until Live shows its heading and a control of it has answered, in
 * tabs without a cache.
 * @returns `{ wall, cpu }`: milliseconds of each load, by the clock, and of processor time that browser and
 * service took together: on one core that does nothing else, the second is the first
 */
export async function untilInteractive({ url, browser }, runs) {
  const wall = [];
  const cpu = [];
  // The first load of all warms up the service and the disk.
  for (let run = -1; run < runs; run++) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const heard = new Promise((resolve) => void page.exposeFunction('heard', resolve));
    await page.addInitScript(pressPause);
    const before = processorTime();
    await page.goto(`${url}/#/live`);
    const time = await heard;
    const after = processorTime();
    await context.close();
    if (run < 0) continue;
    wall.push(time);
    cpu.push(after - before);
  }
  return { wall, cpu };
}

/** Milliseconds of a tick of the kernel's clock, in which it counts. */
const TICK_MS = 10;

/** Milliseconds of processor time that all programs below this one have taken so far; NaN without /proc. */
function processorTime() {
  const stats = new Map();
  try {
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      const stat = statOf(pid);
      if (stat !== undefined) stats.set(Number(pid), stat);
    }
  } catch {
    return NaN;
  }
  const isBelow = (pid) => {
    for (let at = stats.get(pid)?.parent; at !== undefined; at = stats.get(at)?.parent) {
      if (at === process.pid) return true;
    }
    return false;
  };
  let total = 0;
  for (const [pid, { ticks }] of stats) if (isBelow(pid)) total += TICK_MS * ticks;
  return total;
}

/** See proc(5): behind the name in parentheses come state, parent, and from the twelfth on user and system time. */
function statOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
