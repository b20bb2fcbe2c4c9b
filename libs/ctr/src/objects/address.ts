import { CtrError } from '../errors.js';

/** Where the SDK looks for the address of another store than Amazon's, the first that is set. */
const ENDPOINTS = ['AWS_ENDPOINT_URL_S3', 'AWS_ENDPOINT_URL'];

/**
 * What is wrong there the SDK would tell with the whole value, of which a password may be a part.
 * @throws CtrError LOCATION_INVALID naming the variable, and never its value
 */
export function checkEndpoint(environment: NodeJS.ProcessEnv = process.env): void {
  for (const name of ENDPOINTS) {
    const got = environment[name];
    if (!got) continue;
    const url = URL.canParse(got) ? new URL(got) : undefined;
    // One slash, or none, is enough for a URL, and would make a host of what stands before an @.
    const isHttp = /^https?:\/\/[^/@?\s\\]+(\/|$)/i.test(got) && url !== undefined;
    if (isHttp && url.username === '' && url.password === '' && !got.includes('@')) continue;
    const wanted = 'http://host:port or https://host:port, without a user or a password';
    throw new CtrError('LOCATION_INVALID', `${name} is no address of a store; wanted ${wanted}`);
  }
}

/** Where in which bucket a registry lies. */
export interface BucketAddress {
  readonly bucket: string;
  /** Empty, or ends in `/`. */
  readonly prefix: string;
}

/** Amazon's rule for names of buckets, and no more than keys need not be escaped for. */
const ADDRESS = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/((?:[\w.=+-]+\/)*[\w.=+-]+)?\/?)?$/;

/** What an address of a bucket must be. */
export const ADDRESS_WANTED = 's3://bucket or s3://bucket/prefix';

/**
 * Reads `s3://bucket/prefix`.
 * @returns undefined for what does not begin with `s3:`, which is a folder
 * @throws CtrError LOCATION_INVALID
 */
export function readAddress(location: string): BucketAddress | undefined {
  if (!/^s3:/i.test(location)) return undefined;
  const [, bucket, prefix] = ADDRESS.exec(location) ?? [];
  if (bucket === undefined || /(^|\/)\.\.?(\/|$)/.test(prefix ?? '')) {
    // Not repeated where somebody has put credentials into it.
    const got = location.includes('@') ? 'an address with an @' : JSON.stringify(location);
    throw new CtrError('LOCATION_INVALID', `got ${got}, wanted ${ADDRESS_WANTED}`);
  }
  return { bucket, prefix: prefix === undefined ? '' : `${prefix}/` };
}
