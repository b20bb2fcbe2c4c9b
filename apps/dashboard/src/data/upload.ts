import { keyHeaders, serviceUrl, type Schemas } from '../api/client.js';
import { Problem, problemOf } from '../api/problem.js';

export type StoredFile = Schemas['FileAnswer'];

/**
 * Sends a file. By XMLHttpRequest, since fetch does not tell how much of a body has left.
 * @param onShare is told how much, from 0 to 1
 * @throws Problem as the service tells it, UPLOAD_CUT or CANCELLED
 */
export function upload(
  file: File,
  signal: AbortSignal,
  onShare: (share: number) => void,
): Promise<StoredFile> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', `${serviceUrl}/training/files?name=${encodeURIComponent(nameOf(file))}`);
    for (const [name, value] of Object.entries(keyHeaders())) request.setRequestHeader(name, value);
    request.setRequestHeader('content-type', 'application/octet-stream');
    request.responseType = 'json';
    request.upload.onprogress = ({ loaded, total }) => onShare(total === 0 ? 1 : loaded / total);
    request.onload = () => {
      if (request.status === 200) return resolve(request.response as StoredFile);
      const after = request.getResponseHeader('retry-after');
      reject(problemOf(request.status, request.response, after));
    };
    request.onerror = () =>
      reject(new Problem(0, 'UPLOAD_CUT', 'The connection was cut. Nothing of the file was kept.'));
    request.onabort = () => reject(new Problem(0, 'CANCELLED', 'The upload was cancelled.'));
    signal.addEventListener('abort', () => request.abort(), { once: true });
    request.send(file);
  });
}

/** A name as the service takes it: without controls, and not too long. */
function nameOf({ name }: File): string {
  // Cut first: a cut may leave half of a character, which no address can carry.
  const fine = name.slice(0, 250).replace(/[\p{Cc}\p{Cs}]/gu, ' ');
  return fine.trim() || 'file';
}
