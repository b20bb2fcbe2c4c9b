/*
 * The objects of a registry in a bucket. What is written is always on a condition, so that of two that
 * write at once one learns that it came second: `If-None-Match: *` for an object that must not be there
 * yet, `If-Match` for one that must be as it was read. Reads see what was written before them, as Amazon
 * S3 promises since 2020.
 */
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type * as S3 from '@aws-sdk/client-s3';
import { CtrError } from '../errors.js';
import { checkEndpoint, type BucketAddress } from './address.js';
import { problemOf, statusOf } from './problems.js';

/** An object as it was read. */
export interface Stored {
  readonly bytes: Uint8Array;
  /** Differs when the object does. */
  readonly etag: string;
}

/** What is in a bucket under a prefix. */
export interface Listed {
  readonly key: string;
  /** When it was written, in milliseconds since 1970 by the store's clock. */
  readonly modified: number;
}

/** What must be true of an object for a write to be done: its ETag, or that there is none. */
export type Condition = { readonly etag: string } | 'absent';

/** Milliseconds to connect, and without a byte from the store. */
const TIMEOUTS = { connectionTimeout: 3000, socketTimeout: 15_000 };
/** Milliseconds that a request may take in all, and how many more for each byte: 100 kB a second. */
const ALLOWED = { least: 30_000, perByte: 0.01 };
/** So often the SDK asks in all, where the store is slow or away. */
const ATTEMPTS = 3;

type Sdk = typeof S3;
type SdkError = Partial<S3.S3ServiceException>;

/** What the client is made with; region, endpoint and credentials are the SDK's to find. Plain data. */
export function clientSettings(environment: NodeJS.ProcessEnv = process.env): S3.S3ClientConfig {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = environment;
  const settings = { maxAttempts: ATTEMPTS, requestHandler: { ...TIMEOUTS } };
  if (!(AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL)) {
    return AWS_REGION || !AWS_DEFAULT_REGION
      ? settings
      : { ...settings, region: AWS_DEFAULT_REGION };
  }
  // Servers other than Amazon's have no host name for each bucket, and rarely a region.
  const region = AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1';
  return { ...settings, region, forcePathStyle: true };
}

export class Objects {
  /** What the store's clock said in its last answer, in milliseconds since 1970; undefined before one. */
  told: number | undefined;
  private client: Promise<{ readonly sdk: Sdk; readonly s3: S3.S3Client }> | undefined;

  /** @throws CtrError LOCATION_INVALID if the environment names a store that cannot be asked */
  constructor(
    readonly address: BucketAddress,
    private readonly allowed: typeof ALLOWED = ALLOWED,
  ) {
    checkEndpoint();
  }

  /** What people call an object, or all of them. */
  nameOf(key = ''): string {
    const { bucket, prefix } = this.address;
    return `s3://${bucket}/${prefix}${key}`.replace(/\/$/, '');
  }

  /** Where an object is, for the SDK. */
  place(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.address.bucket, Key: this.address.prefix + key };
  }

  /**
   * Reads an object.
   * @param etag of what is known already
   * @returns 'same' if it is still that; undefined if it is not there
   */
  async get(key: string, etag?: string): Promise<Stored | 'same' | undefined> {
    const { sdk, s3 } = await this.open();
    try {
      const command = new sdk.GetObjectCommand({ ...this.place(key), IfNoneMatch: etag });
      const answer = await s3.send(command, this.inTime());
      return { bytes: await this.bytesOf(answer), etag: answer.ETag! };
    } catch (error) {
      if (statusOf(error) === 304) return 'same';
      if (isMissing(error)) return undefined;
      throw problemOf(error, { what: `reading ${this.nameOf(key)}` });
    }
  }

  /** The ETag of an object; undefined if it is not there. */
  async head(key: string): Promise<string | undefined> {
    const { sdk, s3 } = await this.open();
    try {
      return (await s3.send(new sdk.HeadObjectCommand(this.place(key)), this.inTime())).ETag;
    } catch (error) {
      // An answer without a body does not say what is missing: the object, or the bucket.
      if (statusOf(error) === 404) return undefined;
      throw problemOf(error, { what: `looking at ${this.nameOf(key)}` });
    }
  }

  /**
   * Writes an object, if the condition holds.
   * @returns its ETag; undefined if the condition does not hold, or somebody else is writing it
   */
  async put(key: string, body: Uint8Array | string, when: Condition): Promise<string | undefined> {
    if (when === 'absent') return this.write(key, body, { IfNoneMatch: '*' });
    for (const IfMatch of spellings(when.etag)) {
      const etag = await this.write(key, body, { IfMatch });
      if (etag !== undefined) return etag;
    }
    return undefined;
  }

  private async write(
    key: string,
    body: Uint8Array | string,
    condition: { readonly IfMatch?: string; readonly IfNoneMatch?: string },
  ): Promise<string | undefined> {
    const { sdk, s3 } = await this.open();
    // Tells an object that a try wrote whose answer was lost from one of somebody else.
    const by = randomUUID();
    try {
      // Of an empty body the SDK would not know how long it is.
      const file = { Body: body, ContentLength: Buffer.byteLength(body) };
      const command = new sdk.PutObjectCommand({
        ...this.place(key),
        ...file,
        ...condition,
        Metadata: { by },
      });
      return (await s3.send(command, this.inTime(file.ContentLength))).ETag;
    } catch (error) {
      // 404: what was to be replaced is gone.
      if ([409, 412].includes(statusOf(error)!) || isMissing(error)) {
        const isAgain = ((error as SdkError).$metadata?.attempts ?? 1) > 1;
        return isAgain && condition.IfNoneMatch ? this.writtenBy(by, key) : undefined;
      }
      throw problemOf(error, { what: `writing ${this.nameOf(key)}`, writes: true });
    }
  }

  /** The ETag of an object, if this write has written it. */
  private async writtenBy(by: string, key: string): Promise<string | undefined> {
    const { sdk, s3 } = await this.open();
    try {
      const found = await s3.send(new sdk.HeadObjectCommand(this.place(key)), this.inTime());
      return found.Metadata?.by === by ? found.ETag : undefined;
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw problemOf(error, { what: `looking at ${this.nameOf(key)}` });
    }
  }

  /** Deletes objects one after another, in this order; one that is not there is no error. */
  async remove(keys: readonly string[]): Promise<void> {
    const { sdk, s3 } = await this.open();
    for (const key of keys) {
      try {
        await s3.send(new sdk.DeleteObjectCommand(this.place(key)), this.inTime());
      } catch (error) {
        if (!isMissing(error))
          throw problemOf(error, { what: `deleting ${this.nameOf(key)}`, writes: true });
      }
    }
  }

  /** All objects whose keys begin so, in the order of their keys. */
  async list(under: string): Promise<Listed[]> {
    const { sdk, s3 } = await this.open();
    const { Bucket, Key: Prefix } = this.place(under);
    const listed: Listed[] = [];
    try {
      let ContinuationToken: string | undefined;
      do {
        const command = new sdk.ListObjectsV2Command({ Bucket, Prefix, ContinuationToken });
        const page = await s3.send(command, this.inTime());
        for (const { Key, LastModified } of page.Contents ?? []) {
          const key = Key!.slice(this.address.prefix.length);
          listed.push({ key, modified: LastModified!.getTime() });
        }
        ContinuationToken = page.IsTruncated ? page.NextContinuationToken : undefined;
      } while (ContinuationToken !== undefined);
      return listed;
    } catch (error) {
      throw problemOf(error, { what: `listing ${this.nameOf(under)}` });
    }
  }

  /** Ends a request that takes too long, tries and all, though a byte comes now and then. */
  private inTime(bytes = 0): { readonly abortSignal: AbortSignal } {
    const { least, perByte } = this.allowed;
    return { abortSignal: AbortSignal.timeout(least + Math.ceil(bytes * perByte)) };
  }

  /** The body of an answer, which the SDK's signal does not end. */
  private async bytesOf({
    Body,
    ContentLength,
  }: Pick<S3.GetObjectCommandOutput, 'Body' | 'ContentLength'>): Promise<Uint8Array> {
    const stream = Body as Readable & NonNullable<typeof Body>;
    const { abortSignal } = this.inTime(ContentLength);
    const end = (): void => void stream.destroy(new Error('TimeoutError'));
    abortSignal.addEventListener('abort', end, { once: true });
    try {
      return await stream.transformToByteArray();
    } finally {
      abortSignal.removeEventListener('abort', end);
    }
  }

  /** The client, made when it is first needed: who uses a folder loads no SDK. */
  private open(): Promise<{ readonly sdk: Sdk; readonly s3: S3.S3Client }> {
    // Its version is fixed to one that runs on our Node; what it says of later ones would be no line of a log.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    this.client ??= import('@aws-sdk/client-s3').then(
      (sdk) => ({ sdk, s3: this.listening(new sdk.S3Client(clientSettings())) }),
      (cause: unknown) => {
        this.client = undefined;
        const detail = `${this.nameOf()} needs the package @aws-sdk/client-s3, which cannot be loaded`;
        throw new CtrError('STORE_REFUSED', detail, { cause });
      },
    );
    return this.client;
  }

  /** A client whose answers tell the time. */
  private listening(s3: S3.S3Client): S3.S3Client {
    s3.middlewareStack.add(
      (next) => async (asked) => {
        const answered = await next(asked);
        const { headers } = answered.response as { headers?: Record<string, string | undefined> };
        const told = Date.parse(headers?.date ?? '');
        if (!Number.isNaN(told)) this.told = told;
        return answered;
      },
      { step: 'deserialize', name: 'tellsTheTime' },
    );
    return s3;
  }
}

/**
 * How a condition may name an ETag: as it was told, in quotes; and without them, as Ceph wants it for
 * writes, which refuses the other. Either way it is only met by the object that was read.
 */
export function spellings(etag: string): string[] {
  return [...new Set([etag, etag.replaceAll('"', '')])];
}

const isMissing = (error: unknown): boolean => (error as Error).name === 'NoSuchKey';
