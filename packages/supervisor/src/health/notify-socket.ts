import { chmodSync, chownSync, closeSync, readSync, rmSync } from 'node:fs';
import { loadForeignCalls } from '@gateway-engine/host';

const unixDomain = 1;
const datagramNonBlockingCloseOnExec = 0o2 | 0o4000 | 0o2000000;
/** Of sun_path, with the zero at its end. */
const longestPath = 107;
/** As systemd reads them; what is longer is cut. */
const longestMessage = 4096;

/**
 * Where a program notifies its supervisor, by the protocol of sd_notify(3). It is read when it is asked for: the
 * kernel keeps a few messages meanwhile, and a sender waits when there are more.
 */
export class NotifySocket {
  readonly path: string;
  readonly #file: number;

  /** Throws where a socket of datagrams cannot be made. */
  static open(path: string, owner: { uid: number; gid: number } | undefined): NotifySocket {
    const calls = loadForeignCalls({
      socket: { takes: ['i32', 'i32', 'i32'], gives: 'i32' },
      bind: { takes: ['i32', 'bytes', 'u32'], gives: 'i32' },
    });
    if (!calls)
      throw new Error('this runtime cannot make the socket for NOTIFY_SOCKET; Node.js 26 and Bun can');
    const length = Buffer.byteLength(path);
    if (length > longestPath)
      throw new Error(`the path of the socket is longer than ${longestPath} bytes: ${path}`);
    rmSync(path, { force: true });
    const file = calls.socket(unixDomain, datagramNonBlockingCloseOnExec, 0);
    if (file < 0) throw new Error('the kernel gives no socket');
    const address = new Uint8Array(2 + longestPath + 1);
    new DataView(address.buffer).setUint16(0, unixDomain, true);
    new TextEncoder().encodeInto(path, address.subarray(2));
    if (calls.bind(file, address, 2 + length + 1) !== 0) {
      closeSync(file);
      throw new Error(`cannot make the socket ${path}`);
    }
    chmodSync(path, 0o600);
    if (owner && owner.uid !== process.getuid?.()) chownSync(path, owner.uid, owner.gid);
    return new NotifySocket(path, file);
  }

  private constructor(path: string, file: number) {
    this.path = path;
    this.#file = file;
  }

  /** The messages that came since the last call, each as its lines; bounded. */
  read(): string[] {
    const buffer = new Uint8Array(longestMessage);
    const lines: string[] = [];
    for (let count = 0; count < 64; count++) {
      const length = receive(this.#file, buffer);
      if (length === undefined) break;
      lines.push(...new TextDecoder().decode(buffer.subarray(0, length)).split('\n'));
    }
    return lines.filter((line) => line !== '');
  }

  close(): void {
    closeSync(this.#file);
    rmSync(this.path, { force: true });
  }
}

function receive(file: number, buffer: Uint8Array): number | undefined {
  try {
    return readSync(file, buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return undefined;
    throw error;
  }
}
