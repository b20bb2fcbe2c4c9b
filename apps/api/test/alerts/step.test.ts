import type { Alert, Evaluation } from '../../src/alerts/alert.js';
import { QUIET_MS, QUIET_REPORTS, step } from '../../src/alerts/step.js';
import { HOUR, START, mobile, reportAt } from './causes.js';

/** What is firing after each of these reports, and what was told. */
function follow(...reports: readonly Evaluation[]) {
  let firing: readonly Alert[] = [];
  const told: string[] = [];
  for (const report of reports) {
    const { opened, changed } = step(firing, report);
    const all = [...opened, ...changed];
    for (const { name } of opened) told.push(`${name} firing`);
    for (const alert of all) if (alert.state === 'resolved') told.push(`${alert.name} resolved`);
    firing = all.filter(({ state }) => state === 'firing');
  }
  return { firing, told };
}

describe('an alert', () => {
  it('is told once, however often its cause is found', () => {
    const reports = Array.from({ length: 50 }, (_, hour) => reportAt(hour, mobile));
    const { firing, told } = follow(...reports);
    expect(told).toEqual(['device_type = mobile firing']);
    expect(firing).toEqual([
      expect.objectContaining({ startedAt: START, seenAt: START + 49 * HOUR, absent: 0 }),
    ]);
  });

  it('keeps its identity while the size of the cause changes', () => {
    const larger = { ...mobile, title: '20 % fewer', facts: { clicks: -200, money: -100 } };
    const before = follow(reportAt(0, mobile)).firing[0];
    const after = follow(reportAt(0, mobile), reportAt(1, larger)).firing[0];
    expect(after).toMatchObject({ id: before.id, title: '20 % fewer', facts: larger.facts });
  });

  it('is over when enough reports over enough time have not found its cause', () => {
    const quiet = (hours: number[]) =>
      follow(reportAt(0, mobile), ...hours.map((h) => reportAt(h)));
    expect([QUIET_REPORTS, QUIET_MS]).toEqual([3, 6 * HOUR]);
    expect(quiet([1, 2, 3]).told).toEqual(['device_type = mobile firing']);
    expect(quiet([7, 8]).told).toEqual(['device_type = mobile firing']);
    expect(quiet([2, 4, 6]).told).toEqual([
      'device_type = mobile firing',
      'device_type = mobile resolved',
    ]);
  });

  it('is not told again by a cause that wavers about the bound', () => {
    const reports = Array.from({ length: 100 }, (_, hour) =>
      hour % 3 === 0 ? reportAt(hour, mobile) : reportAt(hour),
    );
    expect(follow(...reports).told).toEqual(['device_type = mobile firing']);
  });

  it('does not end by reports that know nothing new', () => {
    const same = Array.from({ length: 20 }, (_, i) => ({ ...reportAt(1 + i), revision: 'same' }));
    const { firing } = follow(reportAt(0, mobile), ...same);
    expect(firing).toEqual([expect.objectContaining({ absent: 1 })]);
  });

  it('ends with its model, and is not raised for one that does not answer', () => {
    const replaced = { ...reportAt(1, mobile), serving: ['v2'] };
    expect(follow(reportAt(0, mobile), replaced, { ...replaced, revision: 'later' }).told).toEqual([
      'device_type = mobile firing',
      'device_type = mobile resolved',
    ]);
  });

  it('is another one when its cause comes back after it was over', () => {
    const { told, firing } = follow(
      ...[reportAt(0, mobile), reportAt(2), reportAt(4), reportAt(7), reportAt(9, mobile)],
    );
    expect(told.map((text) => text.split(' ').at(-1))).toEqual(['firing', 'resolved', 'firing']);
    expect(firing[0].id).not.toBe(follow(reportAt(0, mobile)).firing[0].id);
  });

  it('is one for a cause that a report names twice', () => {
    expect(follow(reportAt(0, mobile, mobile)).firing).toHaveLength(1);
  });
});
