// The parts of a request that `service.mjs --parts` leaves out, one at a time, to see what each costs.
// A part is replaced in the built service before that starts; the service itself knows nothing of it.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';

const built = (file) => import(new URL(`../../../apps/api/dist/${file}`, import.meta.url));

const nothing = () => {};
const ID = '00000000-0000-4000-8000-000000000000';

/**
 * By name: replaces a part by nothing, or by what costs nothing, before the service starts. What is
 * returned is to be called once it has started.
 */
export const leftOut = {
  async gate() {
    const { Gate } = await built('security/gate.js');
    Gate.prototype.refusal = nothing;
  },

  async 'log line'() {
    const { AccessLog } = await built('logging/access-log.js');
    AccessLog.prototype.write = nothing;
  },

  async 'writing the log'() {
    const { default: SonicBoom } = await import('sonic-boom');
    SonicBoom.prototype.write = () => true;
  },

  async statistics() {
    const { ServiceStats } = await import('@adscale/stats');
    for (const name of ['countRequest', 'countPrediction', 'countLookup']) {
      ServiceStats.prototype[name] = nothing;
    }
  },

  /** The same answer every time: no lookup, no model. */
  async 'cache and model'() {
    const { Predictions } = await built('predict/predictions.js');
    const answer = { ctr: 0.05, body: '{"predicted_ctr":0.05}', etag: '"0"' };
    Predictions.prototype.of = () => answer;
  },

  /** The same record every time, which is then always found. */
  async 'JSON.parse'() {
    const record = JSON.parse(
      '{"impressions":5000,"ad_position":1,"device_type":"mobile","budget":2500}',
    );
    // Modules are loaded by it.
    return () => (JSON.parse = () => record);
  },

  'request ids'() {
    crypto.randomUUID = () => ID;
    syncBuiltinESMExports();
  },

  clocks() {
    return () => {
      Date.now = () => 1.8e12;
      performance.now = () => 1;
    };
  },

  /** What Node's parser and its objects cost is what there is more without it. */
  async wire() {
    const { Wire } = await built('door/wire.js');
    Wire.prototype.read = nothing;
  },

  /** What the frame costs is what there is more without it. */
  async door() {
    const { Door } = await built('door/door.js');
    Door.prototype.add = nothing;
  },
};
