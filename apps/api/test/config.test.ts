import { resolve } from 'node:path';
import { ConfigError, readConfig, settings } from '../src/config.js';

describe('readConfig', () => {
  it('has a default for everything', () => {
    expect(readConfig({})).toEqual({
      port: 8000,
      host: '0.0.0.0',
      grpcPort: null,
      modelDir: resolve('models'),
      modelPollMs: 2000,
      cacheEntries: 100_000,
      cacheTtlSeconds: 3600,
      cacheBytes: 0,
      cacheKey: 'cell',
      bodyLimitBytes: 1_048_576,
      requestTimeoutMs: 10_000,
      shutdownDelayMs: 500,
      workers: 1,
      workerStartMs: 120_000,
      apiKeys: [],
      rateLimitPerMinute: 0,
      trustProxy: 0,
      corsOrigins: [],
      decisionThreads: 0,
      decisionQueue: 64,
      maxInFlight: 1000,
      maxInFlightBytes: 67_108_864,
      maxEventStreams: 100,
      maxLagMs: 200,
      valkeyUrl: '',
      predictionKey: '',
      outcomesMaxBytes: 0,
      outcomesMatureDays: 14,
      outcomesRetentionDays: 400,
      monitoringSeconds: 30,
      monitoringDays: 28,
      monitoringPrices: {},
      alertWebhookUrl: '',
      alertWebhookSecret: '',
      outcomesUrl: `file:${resolve('outcomes/outcomes.db')}`,
      decisionLog: false,
      decisionLogDays: 90,
      decisionLogMost: 100_000,
      batchLimit: 10_000,
      batchBodyLimitBytes: 8_388_608,
      trainer: false,
      uploadDir: resolve('uploads'),
      uploadLimitBytes: 268_435_456,
      uploadTotalBytes: 2_147_483_648,
      trainingMinutes: 60,
      trainingMemoryMb: 2048,
      trainingDiskMb: 10_240,
      modelName: 'ctr',
      dashboard: true,
      logLevel: 'info',
    });
  });

  it('takes what the environment says, blanks aside', () => {
    const config = readConfig({ PORT: ' 9000 ', LOG_LEVEL: 'debug', CACHE_ENTRIES: '0', HOST: '' });
    expect(config).toMatchObject({
      port: 9000,
      logLevel: 'debug',
      cacheEntries: 0,
      host: '0.0.0.0',
    });
  });

  it.each([
    ['PORT', 'http'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['PORT', '1e3'],
    ['GRPC_PORT', '70000'],
    ['CACHE_ENTRIES', '-5'],
    ['CACHE_TTL_SECONDS', 'NaN'],
    ['BODY_LIMIT_BYTES', '0'],
    ['REQUEST_TIMEOUT_MS', '5'],
    ['LOG_LEVEL', 'loud'],
    ['WORKERS', '0'],
    ['OUTCOMES_MATURE_DAYS', '0'],
    ['CORS_ORIGINS', 'tool.example'],
    ['MONITORING_PRICES', 'cpc'],
    ['MONITORING_PRICES', 'cpc=-1'],
    ['MONITORING_PRICES', 'cpc=0'],
    ['MONITORING_PRICES', 'cpc=0.00,value=1'],
    ['MONITORING_PRICES', `cpc=${'9'.repeat(400)}`],
    ['MONITORING_PRICES', 'cpc=1,cpc=2'],
    ['MONITORING_PRICES', 'device_type:mobile:cpm=1,device_type:mobile:cpm=1'],
    ['MONITORING_PRICES', 'device_type:mobile:cpc=0'],
    ['MONITORING_PRICES', 'device_type:mobile:cpc=1,city:Rome:cpc=2'],
    ['CORS_ORIGINS', 'https://tool.example/path'],
  ])('refuses %s=%s, naming the variable, the value got and the value wanted', (name, value) => {
    const { wanted } = Object.values(settings).find(({ variable }) => variable === name)!;
    expect(() => readConfig({ [name]: value })).toThrow(
      new ConfigError(`${name}: got "${value}", wanted ${wanted}`),
    );
  });

  it('reads prices, for all and for values of one feature', () => {
    const { monitoringPrices } = readConfig({
      MONITORING_PRICES: 'cpc=0.45, device_type:mobile:cpc=0.3, device_type:desktop:value=2',
    });
    expect(monitoringPrices).toEqual({
      cpc: 0.45,
      by: {
        feature: 'device_type',
        prices: { mobile: { cpc: 0.3 }, desktop: { value_per_click: 2 } },
      },
    });
  });

  it.each([
    ['is no base64', 'whsec_!!!'],
    ['has no key', 'whsec_'],
    ['is too short', `whsec_${Buffer.alloc(23).toString('base64')}`],
    ['is base64 but for a character', `whsec_${'A'.repeat(40)}-AAA`],
    ['is of no whole bytes', `whsec_${'A'.repeat(41)}`],
  ])('refuses a secret of alerts that %s, without repeating it', (_, secret) => {
    expect(() => readConfig({ ALERT_WEBHOOK_SECRET: secret })).toThrow(
      'ALERT_WEBHOOK_SECRET: got something else, wanted any text, or whsec_ and a key of at least 24 bytes in base64',
    );
  });

  it.each([
    'any text',
    `whsec_${Buffer.alloc(25, 7).toString('base64')}`,
    `whsec_${Buffer.alloc(25, 7).toString('base64').replace(/=+$/, '')}`,
  ])('takes the secret of alerts %s', (secret) => {
    expect(readConfig({ ALERT_WEBHOOK_SECRET: secret }).alertWebhookSecret).toBe(secret);
  });

  it('takes different prices of one value, of which the first that is there counts', () => {
    const { monitoringPrices } = readConfig({ MONITORING_PRICES: 'value=2,cpc=1,cpm=3' });
    expect(monitoringPrices).toEqual({ value_per_click: 2, cpc: 1, cpm: 3 });
  });

  it('names every variable that is wrong at once', () => {
    expect(() => readConfig({ PORT: 'x', LOG_LEVEL: 'y' })).toThrow(/^PORT: .*\nLOG_LEVEL: /);
  });
});
