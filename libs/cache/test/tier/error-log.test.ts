import { ErrorLog } from '../../src/tier/error-log.js';

describe('ErrorLog', () => {
  it('says the first of a kind at once, then one an interval and how many were kept back', () => {
    const lines: string[] = [];
    let time = 0;
    const errors = new ErrorLog(
      (line) => lines.push(line),
      1000,
      () => time,
    );
    for (let i = 0; i < 500; i++) errors.report('connection', new Error('refused'));
    errors.report('value', 'not JSON');
    expect(lines).toEqual(['connection: refused', 'value: not JSON']);
    time = 999;
    errors.report('connection', new Error('refused'));
    time = 1000;
    errors.report('connection', new Error('reset'));
    expect(lines.slice(2)).toEqual(['connection: reset (500 more like it kept back)']);
    time = 2000;
    errors.report('connection', new Error('reset'));
    expect(lines.slice(3)).toEqual(['connection: reset']);
  });
});
