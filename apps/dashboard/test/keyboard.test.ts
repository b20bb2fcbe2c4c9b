/* Every page by the keyboard alone, on the narrowest screen, and without motion. */
import type { Page } from 'playwright-core';
import { House, type Service } from './house.js';
import { pages } from './pages.js';
import { tellPractice } from './practice.js';

jest.setTimeout(300_000);

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await house.train();
  service = await house.serve();
  await tellPractice(service, 400);
  const record = { impressions: 5000, ad_position: 1, device_type: 'mobile', budget: 2500 };
  for (let i = 0; i < 5; i++) await service.ask('/predict_ctr', { json: record });
});
afterEach(() => {
  // Without keys, nobody administers: the browser says so of what the page asks.
  house.forgive(/status of 40[34]/);
  return house.leave();
});
afterAll(() => house.close());

async function open(path: string, visitor = {}): Promise<Page> {
  const page = await house.visit(service, path, visitor);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelector('.state.loading') === null);
  return page;
}

/** What has the focus, as a person is told: its role or element, its name, and whether the focus is seen. */
interface Stop {
  readonly name: string;
  readonly isBody: boolean;
  readonly isSeen: boolean;
  readonly number: string | null;
}

/** Numbers all that can be reached by Tab, so that stops can be told apart. @returns how many there are */
function numberControls(): number {
  const selector = 'a[href], button, input, select, textarea, summary, iframe, [tabindex]';
  const found = Array.from(document.querySelectorAll<HTMLElement>(selector)).filter((element) => {
    // What a closed part of the page holds has a place, and is not there.
    const isShown = element.checkVisibility({ visibilityProperty: true });
    return isShown && element.tabIndex >= 0 && !element.matches(':disabled, [inert] *');
  });
  found.forEach((element, i) => (element.dataset.stop = String(i)));
  return found.length;
}

function whereFocusIs(): Stop {
  const at = document.activeElement as HTMLElement;
  const rings = [at, ...Array.from(at.querySelectorAll('*')), at.parentElement!];
  const marked = at.closest('[data-focus-visible]');
  if (marked !== null) rings.push(marked);
  const isSeen = rings.some((element) => {
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    return (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1) || boxShadow !== 'none';
  });
  const name = `${at.tagName} ${at.getAttribute('aria-label') ?? at.textContent ?? ''}`;
  return { name, isBody: at === document.body, isSeen, number: at.dataset.stop ?? null };
}

describe('by the keyboard', () => {
  it.each(pages)(
    '$name: Tab comes to every control, shows where it is, and goes on',
    async ({ path }) => {
      const page = await open(path);
      // A page that moves by itself is held.
      const pause = page.getByRole('button', { name: 'Pause' });
      if ((await pause.count()) > 0) await pause.press('Enter');
      const controls = await page.evaluate(numberControls);
      expect(controls).toBeGreaterThan(8);
      const stops: Stop[] = [];
      // Twice round at most: who does not come back to the start by then is trapped.
      for (let presses = 0; presses < 2 * controls + 10; presses++) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(whereFocusIs);
        if (stops.length > 0 && stop.number === stops[0].number) break;
        if (!stop.isBody) stops.push(stop);
      }
      const reached = new Set(stops.map(({ number }) => number));
      const missed = await page.evaluate(
        (numbers) =>
          Array.from(document.querySelectorAll<HTMLElement>('[data-stop]'))
            .filter(({ dataset }) => !numbers.includes(dataset.stop!))
            .map(({ outerHTML }) => outerHTML.slice(0, 200)),
        [...reached] as string[],
      );
      expect(missed).toEqual([]);
      expect(stops.filter(({ isSeen }) => !isSeen).map(({ name }) => name)).toEqual([]);
    },
  );

  it('a dialog takes the focus, keeps it, closes by Escape and gives it back', async () => {
    const page = await open('/live');
    const opener = page.getByRole('button', { name: 'Key…' });
    await opener.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.waitFor();
    for (let presses = 0; presses < 6; presses++) {
      await page.keyboard.press('Tab');
      const isInside = () => dialog.evaluate((element) => element.contains(document.activeElement));
      expect(await isInside()).toBe(true);
    }
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.activeElement?.textContent === 'Key…');
  });
});

it.each(pages)(
  '$name fits a screen of 320 pixels, without scrolling to both sides',
  async ({ path }) => {
    const page = await open(path, { width: 320, height: 640 });
    const beside = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    expect(beside).toBe(0);
  },
);

it.each(pages)('$name does not move for who asked for that', async ({ path }) => {
  const page = await open(path, { reducedMotion: 'reduce' });
  const moving = await page.evaluate(() =>
    document.getAnimations().flatMap((animation) => {
      const { duration, iterations } = animation.effect!.getComputedTiming();
      return Number(duration) > 1 || iterations === Infinity ? [String(duration)] : [];
    }),
  );
  expect(moving).toEqual([]);
});
