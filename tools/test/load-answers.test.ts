import {
  isBatch,
  isExplanation,
  isPrediction,
  isProblem,
  isRefusal,
} from '@adscale/api/load/answers.ts';

describe('a right answer', () => {
  it('to a prediction is exactly the one key', () => {
    expect(isPrediction('{"predicted_ctr":0.0847}')).toBe(true);
    for (const body of [
      '',
      'null',
      '[]',
      '{"predicted_ctr":"0.0847"}',
      '{"predicted_ctr":0}',
      '{"predicted_ctr":1.2}',
      '{"predicted_ctr":0.1,"model":"x"}',
    ]) {
      expect(isPrediction(body)).toBe(false);
    }
  });

  it('to a batch has every outcome, and as many errors as there should be', () => {
    const ok = { predicted_ctr: 0.1 };
    const batch = (answer: object) => JSON.stringify({ ok: 2, failed: 1, ...answer });
    expect(isBatch(batch({ predictions: [ok, { error: {} }, ok] }), 2, 1)).toBe(true);
    expect(isBatch(batch({ predictions: [ok, ok] }), 2, 1)).toBe(false);
    expect(isBatch(batch({ predictions: [ok, ok, ok] }), 2, 1)).toBe(false);
    expect(isBatch(batch({ ok: 3, predictions: [ok, { error: {} }, ok] }), 2, 1)).toBe(false);
    expect(isBatch('{"predictions":3}', 2, 1)).toBe(false);
  });

  it('to an explanation adds up', () => {
    const answer = {
      predicted_ctr: 0.05,
      unrounded_ctr: 0.05,
      base_value: 0.03,
      contributions: { budget: 0.015, ad_position: 0.01 },
      calibration: -0.005,
    };
    const changed = (change: object) => JSON.stringify({ ...answer, ...change });
    expect(isExplanation(changed({}))).toBe(true);
    expect(isExplanation(changed({ calibration: undefined }))).toBe(false);
    expect(isExplanation(changed({ base_value: 'x' }))).toBe(false);
    expect(isExplanation(changed({ contributions: null }))).toBe(false);
    expect(isExplanation(changed({ predicted_ctr: 2 }))).toBe(false);
    expect(isExplanation('no')).toBe(false);
  });

  it('that refuses is 503 OVERLOADED and says when to come again', () => {
    const body = '{"status":503,"code":"OVERLOADED","title":"The service has too much to do"}';
    expect(isProblem(body, 'OVERLOADED')).toBe(true);
    expect(isRefusal(503, body, '1')).toBe(true);
    expect(isRefusal(429, body, '1')).toBe(false);
    expect(isRefusal(503, body, undefined)).toBe(false);
    expect(isRefusal(503, body, '0')).toBe(false);
    expect(isRefusal(503, body.replace('OVERLOADED', 'SHUTTING_DOWN'), '1')).toBe(false);
    expect(isRefusal(503, 'Service Unavailable', '1')).toBe(false);
  });
});
