/*
 * What the SDK throws, in words of our own: they say what to mend, and never repeat the SDK's text, which
 * may hold what was asked with.
 */
import { CtrError } from '../errors.js';

interface SdkError {
  readonly name?: string;
  readonly code?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** The HTTP status of an answer; undefined if there was none. */
export function statusOf(error: unknown): number | undefined {
  return (error as SdkError | undefined)?.$metadata?.httpStatusCode;
}

const SEE_CREDENTIALS =
  'wanted a valid key in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role of the machine';
const SEE_PERMISSIONS =
  'wanted s3:GetObject, s3:PutObject, s3:DeleteObject on its objects and s3:ListBucket on the bucket';

/** What to do about refusals that asking again does not help. */
const REFUSALS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'wanted a bucket that exists',
  InvalidBucketName: 'wanted the name of a bucket',
  AccessDenied: SEE_PERMISSIONS,
  InvalidAccessKeyId: SEE_CREDENTIALS,
  SignatureDoesNotMatch: SEE_CREDENTIALS,
  ExpiredToken: SEE_CREDENTIALS,
  InvalidToken: SEE_CREDENTIALS,
  CredentialsProviderError: SEE_CREDENTIALS,
  RequestTimeTooSkewed: 'wanted a clock that is right',
  PermanentRedirect: "wanted the bucket's region in AWS_REGION",
  AuthorizationHeaderMalformed: "wanted the bucket's region in AWS_REGION",
  NotImplemented: 'wanted a store that knows conditional writes',
};

/** By status, where an answer without a body names no reason. */
const BY_STATUS: Readonly<Record<number, string>> = {
  301: REFUSALS.PermanentRedirect,
  401: SEE_CREDENTIALS,
  403: SEE_PERMISSIONS,
};

/**
 * An error of the SDK as one of ours.
 * @param writes whether something was to be changed: then what is forbidden is a registry that can only be
 *   read
 */
export function problemOf(
  cause: unknown,
  { what, writes = false }: { readonly what: string; readonly writes?: boolean },
): CtrError {
  if (cause instanceof CtrError) return cause;
  const error = (cause ?? {}) as SdkError;
  const { name = '', code = '' } = error;
  const status = statusOf(cause);
  const reason = [name, code].find((word) => /^[A-Z][A-Za-z_]+$/.test(word) && word !== 'Error');
  const told = [...(reason ? [reason] : []), ...(status ? [`HTTP ${status}`] : [])].join(', ');
  if (writes && name === 'AccessDenied') {
    return new CtrError('REGISTRY_READ_ONLY', `${what} (${told}); ${SEE_PERMISSIONS}`);
  }
  const isRegion = name === 'Error' && /region is missing/i.test(error.message ?? '');
  const advice = isRegion ? 'wanted a region in AWS_REGION' : (REFUSALS[name] ?? byStatus(status));
  if (advice !== undefined) {
    return new CtrError('STORE_REFUSED', `${what}${told && ` (${told})`}; ${advice}`);
  }
  if (isPassing(error, status)) {
    const wanted = `wanted an answer from ${endpoint()}`;
    const met = told || AWAY.exec(`${error.message}`)?.[0] || 'no answer';
    return new CtrError('STORE_UNREACHABLE', `${what} (${met}); ${wanted}`);
  }
  const tls = TLS.exec(`${code} ${error.message}`)?.[0];
  if (tls !== undefined) {
    const wanted = 'wanted https of a certificate that is trusted (NODE_EXTRA_CA_CERTS), or http';
    return new CtrError('STORE_REFUSED', `${what} (${tls} from ${endpoint()}); ${wanted}`);
  }
  // Whatever it is: its own text may hold what was asked with.
  const met = status ? `HTTP ${status}` : told || 'an answer that cannot be read';
  const wanted = "wanted a store that speaks S3's protocol";
  return new CtrError('STORE_REFUSED', `${what} (${met} from ${endpoint()}); ${wanted}`);
}

/** How Node names what is wrong with TLS, or that there is none. */
const TLS =
  /\b(EPROTO|ERR_(SSL|TLS)_[A-Z_]+|[A-Z_]*(CERT|LEAF_SIGNATURE|CERT_CHAIN)[A-Z_]*|WRONG_VERSION_NUMBER)\b/;

const byStatus = (status: number | undefined): string | undefined =>
  status === undefined ? undefined : BY_STATUS[status];

/** No answer came, or one that says to ask again. */
const AWAY =
  /[Tt]imeout|[Aa]bort|Network|socket hang up|\bE(CONN|HOST|NET|NOTFOUND|AI_|PIPE|TIMED)[A-Z]*/;

function isPassing(cause: SdkError, status: number | undefined): boolean {
  if (status !== undefined && status !== 200) {
    return status >= 500 || status === 408 || status === 429;
  }
  return AWAY.test(`${cause.name} ${cause.code} ${cause.message}`);
}

/** Who was asked, without what might stand before the host. */
function endpoint(): string {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = process.env;
  const url = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL;
  if (!url) return 'Amazon S3';
  return URL.canParse(url) ? new URL(url).origin : 'the endpoint, whose address cannot be read';
}
