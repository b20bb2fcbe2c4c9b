import { readAddress } from '../objects/address.js';
import { Objects } from '../objects/objects.js';
import { BucketStore } from './bucket.js';
import { FolderStore } from './folder.js';
import type { LockOptions } from './lock.js';
import { SingleStore } from './single.js';
import type { RegistryStore } from './store.js';

/**
 * What a registry is kept in, by its location: a bucket for `s3://bucket/prefix`, a folder otherwise, be it
 * of a registry or of one version. Nothing is asked of a bucket yet.
 * @throws CtrError LOCATION_INVALID, also for an endpoint in the environment that is none
 */
export function openStore(location: string, options: LockOptions): RegistryStore {
  const address = readAddress(location);
  if (address !== undefined) return new BucketStore(new Objects(address), options);
  return SingleStore.isAt(location)
    ? new SingleStore(location)
    : new FolderStore(location, options);
}
