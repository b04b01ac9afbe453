import { chmodSync, chownSync, closeSync, readSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';

/** The calls of the C library that make a socket of datagrams; Node.js and Bun offer streams only. */
interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  bind(file: number, address: Uint8Array, length: number): number;
}

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
    const calls = loadCalls();
    if (!calls)
      throw new Error('this runtime cannot make the socket for NOTIFY_SOCKET; Node.js 26 and Bun can');
    const length = Buffer.byteLength(path);
    if (length > longestPath)
      throw new Error(`the path of the socket is longer than ${longestPath} bytes: ${path}`);
    rmSync(path, { force: true });
    const file = calls.socket(unixDomain, datagramNonBlockingCloseOnExec, 0);
    if (file < 0) throw new Error('the kernel gives no socket');
    const address = Buffer.alloc(2 + longestPath + 1);
    address.writeUInt16LE(unixDomain, 0);
    address.write(path, 2);
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

interface NodeLibrary {
  dlopen(
    path: null,
    definitions: Record<string, { arguments: string[]; return: string }>,
  ): { functions: Record<string, (...args: (number | ArrayBufferLike)[]) => number> };
}

interface BunLibrary {
  dlopen(
    path: string,
    definitions: Record<string, { args: string[]; returns: string }>,
  ): { symbols: SocketCalls };
}

function loadCalls(): SocketCalls | undefined {
  return process.versions.bun === undefined ? loadOnNode() : loadOnBun();
}

function loadOnNode(): SocketCalls | undefined {
  const { emitWarning } = process;
  // The module is experimental; a supervisor's terminal is no place to learn that.
  process.emitWarning = () => undefined;
  try {
    const library = process.getBuiltinModule('node:ffi') as unknown as NodeLibrary | undefined;
    const calls = library?.dlopen(null, {
      socket: { arguments: ['i32', 'i32', 'i32'], return: 'i32' },
      bind: { arguments: ['i32', 'pointer', 'u32'], return: 'i32' },
    }).functions;
    const { socket, bind } = calls ?? {};
    if (!socket || !bind) return undefined;
    return {
      socket,
      // A copy, since a Buffer may be a part of a larger memory.
      bind: (file, address, length) => bind(file, Uint8Array.from(address).buffer, length),
    };
  } finally {
    process.emitWarning = emitWarning;
  }
}

function loadOnBun(): SocketCalls | undefined {
  const { dlopen } = createRequire(import.meta.url)('bun:ffi') as BunLibrary;
  const machine = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  for (const name of ['libc.so.6', `libc.musl-${machine}.so.1`]) {
    try {
      return dlopen(name, {
        socket: { args: ['i32', 'i32', 'i32'], returns: 'i32' },
        bind: { args: ['i32', 'ptr', 'u32'], returns: 'i32' },
      }).symbols;
    } catch {
      // The other C library then; with neither, the caller is told.
    }
  }
  return undefined;
}
