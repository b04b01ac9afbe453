import { unreachable } from './api-error.ts';

export type SendProgress = (sent: number, total: number) => void;

/** PUTs a file by XMLHttpRequest: `fetch` cannot tell how much of a body has been sent. */
export function sendFile(request: {
  readonly url: string;
  readonly token: string | undefined;
  readonly file: File;
  readonly progress: SendProgress;
  readonly signal: AbortSignal;
}): Promise<{ status: number; body: string }> {
  const { url, token, file, progress, signal } = request;
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    const abort = () => xhr.abort();
    const settle = (settled: () => void) => () => {
      signal.removeEventListener('abort', abort);
      settled();
    };
    xhr.open('PUT', url);
    if (token !== undefined) xhr.setRequestHeader('authorization', `Bearer ${token}`);
    xhr.setRequestHeader('content-type', 'application/gzip');
    xhr.upload.onprogress = (event) => progress(event.loaded, file.size);
    xhr.onload = settle(() => resolve({ status: xhr.status, body: xhr.responseText }));
    xhr.onerror = settle(() => reject(unreachable()));
    xhr.onabort = settle(() => reject(new DOMException('The upload was cancelled.', 'AbortError')));
    signal.addEventListener('abort', abort);
    xhr.send(file);
  });
}
