import { barriers, desk, House, phone, type Service } from './house.js';

let house: House;
let service: Service;
beforeAll(async () => {
  house = await House.open();
  await house.train();
  service = await house.serve();
});
afterAll(() => house.close());

describe('the page', () => {
  it('opens with what happens now, and leads to every other page', async () => {
    const page = await house.visit(service);
    await page.getByRole('heading', { level: 1, name: 'Live' }).waitFor();
    for (const name of ['What if', 'Decide', 'Models', 'Monitoring', 'Data', 'Live']) {
      await page.getByRole('navigation').getByRole('link', { name }).click();
      await page.getByRole('heading', { level: 1, name }).waitFor();
      expect(await page.title()).toBe(`${name} · AdScale`);
    }
  });

  it.each([
    ['light, on a desk', { ...desk, colorScheme: 'light' }],
    ['dark, on a phone', { ...phone, colorScheme: 'dark' }],
  ] as const)('has no barriers, and nothing beside the screen: %s', async (_name, visitor) => {
    const page = await house.visit(service, '', visitor);
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(await barriers(page)).toEqual([]);
    const hidden = await page.evaluate(() => {
      const { scrollWidth, clientWidth } = document.documentElement;
      return scrollWidth - clientWidth;
    });
    expect(hidden).toBe(0);
  });

  it('keeps a chosen theme in this browser', async () => {
    const page = await house.visit(service, '/live', { colorScheme: 'light' });
    await page.getByRole('button', { name: 'Theme' }).click();
    await page.getByRole('option', { name: 'Dark' }).click();
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    expect(await theme()).toBe('dark');
    await page.reload();
    expect(await theme()).toBe('dark');
  });

  it('can be used by the keyboard alone', async () => {
    const page = await house.visit(service, '/live');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe(
      'Skip to the content',
    );
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
  });

  it('says when the service cannot be reached, and goes on when it can again', async () => {
    const page = await house.visit(service, '/live');
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.context().setOffline(true);
    await page.getByText('The service cannot be reached.').waitFor();
    await page.context().setOffline(false);
    await page.getByText('The service cannot be reached.').waitFor({ state: 'detached' });
    house.forgive(/ERR_INTERNET_DISCONNECTED/);
  });
});
