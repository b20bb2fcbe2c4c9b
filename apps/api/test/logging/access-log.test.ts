import { createLogger } from '../../src/logging/logger.js';
import { AccessLog } from '../../src/logging/access-log.js';

const answered = {
  id: 'bid-17',
  method: 'POST',
  path: '/a "quoted"\\path/\n',
  status: 200,
  milliseconds: 0.12345,
};

function logged(level: 'debug' | 'info' | 'warn', quiet: boolean): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const logger = createLogger(level, { write: (line) => lines.push(JSON.parse(line)) });
  new AccessLog(logger).write(answered, quiet);
  return lines;
}

describe('the access log', () => {
  it('writes a line as the logger itself would', () => {
    const lines: Record<string, unknown>[] = [];
    const logger = createLogger('info', { write: (line) => lines.push(JSON.parse(line)) });
    new AccessLog(logger).write(answered, false);
    const { id: request_id, method, path, status } = answered;
    logger.info({ request_id, method, path, status, ms: 0.123 }, 'request');
    const [own, pinos] = lines.map(({ time, ...line }) => {
      expect(time).toEqual(expect.any(Number));
      return line;
    });
    expect(own).toEqual(pinos);
    expect(Object.keys(own)).toEqual(Object.keys(pinos));
  });

  it('keeps to the level: quiet requests are debug, others info', () => {
    expect(logged('info', true)).toEqual([]);
    expect(logged('debug', true)).toMatchObject([{ level: 20, msg: 'request' }]);
    expect(logged('warn', false)).toEqual([]);
  });
});
