import {
  monitoringText,
  type EffectivenessTold,
  type MonitoringTold,
} from '../../src/outcomes/monitoring-text.js';

const counted = { impressions: 100_000, clicks: 1700, expected: 2000 };
const off = { ...counted, factor: 0.85, lower: 0.81, upper: 0.89 };

const told: MonitoringTold = {
  ...{ from: '2026-02-02', to: '2026-03-01', made_at: '2026-03-01T12:34:56.000Z' },
  findings: ['device_type = mobile: 15 % fewer clicks than expected (11 to 19 %)'],
  ...{ overall: off, left_out: { days: 0, impressions: 0 } },
  models: [{ model_version: 'v1', ...off }],
  causes: [
    {
      ...off,
      ...{ segment: 'device_type = mobile', since: '2026-02-14' },
      gain: { clicks: { value: -300 }, money: { value: -120 } },
    },
  ],
  alerts: [
    { state: 'firing', title: 'Mobile is off.', started_at: '2026-02-20T07:00:00.000Z' },
    { state: 'resolved', title: 'Tablet was off.', started_at: '2026-02-10T07:00:00.000Z' },
  ],
  deliveries: { waiting: 1, last_reason: 'answered 500' },
};

const effect = {
  ...{ value: 'spring sale', impressions: 50_000, clicks: 900, ctr: 0.018 },
  ...{ expected_ctr: 0.02, factor: 0.9, spend: 450, cpc: 0.5 },
};
const effects: EffectivenessTold = {
  campaigns: [effect, { ...effect, value: 'autumn', spend: null, cpc: null }],
  placements: [{ ...effect, value: '(none)' }],
  change: { words: ['CTR fell from 2 % to 1.8 %'] },
};

describe('what the service tells of outcomes', () => {
  it('reads as findings, alerts, and tables of what they are about', () => {
    expect(monitoringText(told, effects)).toBe(
      `
Outcomes of 2026-02-02 to 2026-03-01, read at 2026-03-01 12:34 UTC

Findings
  device_type = mobile: 15 % fewer clicks than expected (11 to 19 %)

Alerts
  Mobile is off. Firing since 2026-02-20.
  1 messages wait for the webhook (answered 500).

Models
  model  impressions  clicks  expected  clicks / expected    CTR
  v1     100,000      1,700   2,000     0.85 (0.81 to 0.89)  1.70 %

What it costs
  segment               since       impressions  clicks / expected    clicks  money
  device_type = mobile  2026-02-14  100,000      0.85 (0.81 to 0.89)  -300    -120

Campaigns
               impressions  clicks  CTR     forecast  clicks / expected  spend  CPC
  spring sale  50,000       900     1.80 %  2.00 %    0.90               450    0.50
  autumn       50,000       900     1.80 %  2.00 %    0.90               –      –

Since the week before
  CTR fell from 2 % to 1.8 %
`.trim(),
    );
  });

  it('says so where nothing is off, and where there is nothing', () => {
    const quiet = { ...told, findings: [], alerts: [], causes: [] };
    const text = monitoringText(
      { ...quiet, deliveries: { waiting: 0, last_reason: null } },
      { ...effects, change: null },
    );
    expect(text).toContain('Findings\n  Nothing beyond chance.');
    expect(text).toContain('Alerts\n  None is firing.');
    expect(text).toContain('Since the week before\n  No earlier week.');
    const none = { ...counted, impressions: 0, factor: null, lower: 0, upper: null };
    expect(monitoringText({ ...told, overall: none }, effects)).toMatch(/\nThere are none\.$/);
    const young = { ...told, overall: none, left_out: { days: 2, impressions: 5000 } };
    expect(monitoringText(young, effects)).toMatch(
      /\nAll are of 2 days too young to judge: 5,000 impressions are left out\.$/,
    );
  });

  it('shortens long tables, and says by how much', () => {
    const many = Array.from({ length: 25 }, (_, i) => ({ ...effect, value: `campaign ${i}` }));
    const text = monitoringText(told, { ...effects, campaigns: many });
    expect(text).toContain('campaign 9');
    expect(text).not.toContain('campaign 10');
    expect(text).toContain('… and 15 more');
  });
});
