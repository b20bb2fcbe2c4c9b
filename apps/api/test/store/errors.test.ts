import { MonitorError } from '@adscale/monitor';
import { unavailability } from '../../src/store/errors.js';

const coded = (code: string, message = 'words') => Object.assign(new Error(message), { code });

describe('why a database cannot be used', () => {
  it.each([
    ...['SQLITE_FULL', 'SQLITE_READONLY', 'SQLITE_IOERR_WRITE', 'SQLITE_BUSY', 'SQLITE_CORRUPT'],
    // Only reads; password changed; rights taken away; no such database; shut down; no room; a deadlock.
    ...['25006', '28P01', '28000', '42501', '3D000', '57P01', '53100', '40P01', '25P03'],
    ...['ECONNREFUSED', 'EPIPE', 'EAI_AGAIN', 'ENOTFOUND', 'CERT_HAS_EXPIRED'],
  ])('%s', (code) => {
    expect(unavailability(coded(code))).toBe(`${code}: words`);
  });

  it.each([
    'timeout exceeded when trying to connect',
    'Connection terminated unexpectedly',
    'Client has encountered a connection error and is not queryable',
  ])('%s', (message) => {
    expect(unavailability(new Error(message))).toBe(message);
  });
});

describe('a fault of ours is none of the database', () => {
  it.each([
    ...['SQLITE_ERROR', 'SQLITE_CONSTRAINT_NOTNULL', 'SQLITE_MISUSE'],
    ...['42601', '42P01', '22003', '23505', '25P02', '0A000', 'P0001'],
    ...['ERR_INVALID_ARG_TYPE', 'MODULE_NOT_FOUND'],
  ])('%s', (code) => {
    expect(unavailability(coded(code))).toBeUndefined();
  });

  it('such as a query that refuses what it was given', () => {
    const refusal = new MonitorError('OPTION_INVALID', 'prices.cpc is 0', 'prices.cpc');
    expect(unavailability(refusal)).toBeUndefined();
    expect(unavailability(new TypeError('x is not a function'))).toBeUndefined();
  });
});
