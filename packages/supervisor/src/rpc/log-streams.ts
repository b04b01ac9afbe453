import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Clock, describeError } from '@gateway-engine/host';
import { FollowedLog } from '../capture/followed-log.ts';
import type { SupervisorLog } from '../log.ts';
import type { Supervisor } from '../supervisor.ts';
import type { MainLog } from './log-methods.ts';
import { splitName } from './split-name.ts';

/** How much of a log is sent before what is new, as Supervisor does. */
const head = 1024;
const pollMs = 100;
/** Each holds a connection and an open file. */
const mostStreams = 100;

/**
 * The logs as endless HTTP answers, for `tail -f`, `maintail -f` and `fg`: /logtail/NAME[/stdout|/stderr] and
 * /mainlogtail. A reader that is slow is waited for; nothing is kept in memory for it.
 */
export class LogStreams {
  readonly #supervisor: Supervisor;
  readonly #mainLog: MainLog;
  readonly #parts: { readonly clock: Clock; readonly log: SupervisorLog };
  readonly #endings = new Set<() => void>();

  constructor(supervisor: Supervisor, mainLog: MainLog, parts: { clock: Clock; log: SupervisorLog }) {
    this.#supervisor = supervisor;
    this.#mainLog = mainLog;
    this.#parts = parts;
  }

  /** Answers a request for a stream. False when it is for something else. */
  handle(request: IncomingMessage, response: ServerResponse): boolean {
    const url = request.url ?? '';
    const isMain = url.startsWith('/mainlogtail');
    if (!isMain && !url.startsWith('/logtail')) return false;
    if (request.method !== 'GET') refuse(response, 400, 'a log is read with GET');
    else if (this.#endings.size >= mostStreams) refuse(response, 503, 'too many logs are being followed');
    else this.#follow(isMain ? this.#mainLog.path : this.#pathOf(url), response);
    return true;
  }

  /** Ends every answer under way. */
  end(): void {
    for (const end of [...this.#endings]) end();
  }

  #pathOf(url: string): string | undefined {
    const path = decoded(/^[^;?#]*/.exec(url)?.[0] ?? '').replace(/^\/+/, '');
    const [, fullName = '', channel = 'stdout', ...more] = path.split('/');
    if (more.length > 0 || (channel !== 'stdout' && channel !== 'stderr')) return undefined;
    const { group, name } = splitName(fullName);
    const programs = this.#supervisor.groups.get(group)?.programs ?? [];
    return programs.find((program) => program.config.name === name)?.logFile(channel);
  }

  #follow(path: string | undefined, response: ServerResponse): void {
    const log = path === undefined ? undefined : open(path);
    if (!log) {
      refuse(response, 404, 'there is no such log');
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/plain;charset=utf-8',
      'Last-Modified': log.modified.toUTCString(),
      // For a proxy on the way: to be passed on as it comes.
      'X-Accel-Buffering': 'no',
    });
    response.flushHeaders();
    this.#send(log, response);
  }

  #send(log: FollowedLog, response: ServerResponse): void {
    let timer: { cancel(): void } | undefined;
    const stop = () => {
      timer?.cancel();
      if (this.#endings.delete(end)) log.close();
    };
    const end = () => {
      stop();
      response.end();
    };
    const pass = () => {
      if (!this.#endings.has(end)) return;
      const piece = this.#read(log);
      if (piece === 'failed') end();
      else if (piece === undefined) timer = this.#parts.clock.after(pollMs, pass);
      else if (response.write(piece)) timer = this.#parts.clock.after(0, pass);
      else response.once('drain', pass);
    };
    this.#endings.add(end);
    response.on('close', stop);
    pass();
  }

  #read(log: FollowedLog): Uint8Array | undefined | 'failed' {
    try {
      return log.read();
    } catch (error) {
      this.#parts.log.error(`cannot follow a log any more: ${describeError(error)}`);
      return 'failed';
    }
  }
}

function open(path: string): FollowedLog | undefined {
  try {
    return new FollowedLog(path, head);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    // A sign of percent that begins no escape stands for itself.
    return path;
  }
}

function refuse(response: ServerResponse, status: number, why: string): void {
  const body = `${why}\n`;
  response.writeHead(status, { 'Content-Type': 'text/plain', 'Content-Length': Buffer.byteLength(body) });
  response.end(body);
}
