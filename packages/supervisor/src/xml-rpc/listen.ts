import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import type { ServerConfig } from '../config/servers.ts';

/** The address of the interface cannot be used: which, why, and what to do. */
export class ListenError extends Error {
  readonly code = 'SUPERVISOR_LISTEN';
}

/** sockaddr_un holds 108 bytes with the final zero. */
const longestSocketPath = 107;

/** Makes a server listen. A socket file that nobody listens on any more is taken over. */
export async function listen(
  server: Server,
  config: ServerConfig,
  onStale: (path: string) => void,
): Promise<void> {
  if (config.kind === 'unix') {
    await listenOnSocket(server, config, onStale);
    return;
  }
  await started(server, () => server.listen(config.port, config.host), serverUrl(config));
}

export function serverUrl(config: ServerConfig): string {
  if (config.kind === 'unix') return `unix://${config.path}`;
  return `http://${config.host ?? 'localhost'}:${config.port}`;
}

async function listenOnSocket(
  server: Server,
  config: ServerConfig & { kind: 'unix' },
  onStale: (path: string) => void,
): Promise<void> {
  const { path } = config;
  if (Buffer.byteLength(path) > longestSocketPath)
    throw new ListenError(
      `the socket path ${path} is longer than ${longestSocketPath} bytes; choose a shorter [unix_http_server] file`,
    );
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found && !found.isSocket()) throw new ListenError(`${path} is in the way and no socket; move it`);
  if (found) {
    if (await someoneListens(path))
      throw new ListenError(
        `another program is already listening on unix://${path}; stop it first, or set another [unix_http_server] file`,
      );
    onStale(path);
    rmSync(path, { force: true });
  }
  // Nobody else may connect in the moment before the mode is set.
  const umask = process.umask(0o177);
  const listening = started(server, () => server.listen(path), `unix://${path}`);
  process.umask(umask);
  await listening;
  if (config.owner) chownSync(path, config.owner.uid, config.owner.gid ?? -1);
  chmodSync(path, config.mode);
}

async function started(server: Server, begin: () => void, shown: string): Promise<void> {
  begin();
  try {
    await once(server, 'listening');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'EADDRINUSE')
      throw new ListenError(
        `another program is already listening on ${shown}; stop it first, or set another address in the configuration`,
      );
    throw new ListenError(`cannot listen on ${shown}`, { cause });
  }
}

function someoneListens(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') resolve(false);
      // A full queue of a listener that is busy.
      else if (error.code === 'EAGAIN') resolve(true);
      else reject(new ListenError(`cannot use the socket ${path}`, { cause: error }));
    });
  });
}
