import { type FileHandle, open, stat } from 'node:fs/promises';
import { ProtocolError, TimeoutError } from '@gateway-engine/device-client';
import type { Clock, Logger } from '@gateway-engine/host';
import { DownloadPostponed } from './download-errors.ts';

/** Bytes of something from a position on: what the device client gives. */
export interface Opened {
  readonly status: 200 | 206;
  /** Length of the whole. */
  readonly total: number;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Something that comes into a part file, in as many attempts as it takes. */
export interface PartSource {
  /** As the log and errors call it. */
  readonly name: string;
  /** Throws when the whole must not have this length. */
  readonly checkTotal: (total: number) => void;
  readonly open: (from: number) => Promise<Opened>;
}

/** What an attempt has reached, also when it fails. */
export interface Progress {
  bytes: number;
}

/** An answer that is slower than this for so long is given up: it would keep all other installs waiting. */
const slowest = { bytes: 16 * 1024, duringMs: 120_000 };

/**
 * Takes what is missing of a part file, and brings it onto the disk. `room`: bytes that the budget leaves. Throws
 * DownloadPostponed when that is too little, with what came until then on the disk, and what the client throws.
 */
export async function fillPart(
  parts: { readonly clock: Clock; readonly logger: Logger },
  source: PartSource,
  part: string,
  room: number,
  progress: Progress,
): Promise<void> {
  let from = await sizeOf(part);
  const output = await open(part, from === 0 ? 'w' : 'r+', 0o600);
  try {
    const { status, total, body } = await source.open(from);
    try {
      source.checkTotal(total);
    } catch (error) {
      // Left unread, the answer would hold its connection.
      await body[Symbol.asyncIterator]().return?.();
      throw error;
    }
    if (status === 200 && from > 0) {
      parts.logger.warn(`the platform sends ${source.name} from its start, not from byte ${from} on`);
      from = 0;
    }
    await output.truncate(from);
    let left = room;
    const pace = new Pace(parts.clock);
    for await (const chunk of body) {
      if (from + chunk.length > total) throw new ProtocolError(`${source.name} is longer than was announced`);
      await writeAt(output, chunk, from);
      from += chunk.length;
      progress.bytes = from;
      left -= chunk.length;
      // Leaving the answer ends its connection; what is here already is gone on from when there is room again.
      if (left <= 0 && from < total) throw new DownloadPostponed(pausedText(source.name, from, total));
      if (pace.isTooSlow(chunk.length)) throw new TimeoutError(`${source.name} comes too slowly`);
    }
    if (from !== total) throw new ProtocolError(`${source.name} ended after ${from} of ${total} bytes`);
  } finally {
    // Also what came before a failure: a power cut must not take it away again.
    await output.sync();
    await output.close();
  }
}

/** Bytes of a file; 0 when it is not there. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 0;
    throw error;
  }
}

class Pace {
  readonly #clock: Pick<Clock, 'monotonic'>;
  #since: number;
  #bytes = 0;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
    this.#since = clock.monotonic();
  }

  isTooSlow(bytes: number): boolean {
    this.#bytes += bytes;
    const now = this.#clock.monotonic();
    if (now - this.#since < slowest.duringMs) return false;
    const isTooSlow = this.#bytes < slowest.bytes;
    this.#since = now;
    this.#bytes = 0;
    return isTooSlow;
  }
}

async function writeAt(output: FileHandle, chunk: Uint8Array, position: number): Promise<void> {
  for (let at = 0; at < chunk.length; ) {
    const { bytesWritten } = await output.write(chunk, at, chunk.length - at, position + at);
    at += bytesWritten;
  }
}

function pausedText(name: string, bytes: number, total: number): string {
  return `the download of ${name} pauses after ${bytes} of ${total} bytes: the byte budget has no more room for updates`;
}
