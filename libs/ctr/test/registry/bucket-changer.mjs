// Changes a registry in a bucket in a process of its own, to be killed:
//
//   node bucket-changer.mjs <location> <model folder> <action>
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Registry } from '../../dist/index.js';

const [location, model, action] = process.argv.slice(2);
const registry = new Registry(location);
const bytes = readFileSync(join(model, 'model.adsf'));
const card = JSON.parse(readFileSync(join(model, 'model.json'), 'utf8'));
const [oldest] = await registry.versions();

await {
  publish: () => registry.publish(bytes, card, { files: { 'report.html': '<p>' } }),
  promote: () => registry.promote(oldest),
  rollback: () => registry.rollback(),
  tag: () => registry.tag(oldest, 'champion'),
  trial: () => registry.setTrial('canary', { version: oldest, percent: 5 }),
  prune: () => registry.prune({ keep: 1 }),
}[action]();
