import { SupervisorClient } from '../xml-rpc/client.ts';
import { faults, SupervisorFault } from '../xml-rpc/faults.ts';
import { SupervisorUnreachable } from '../xml-rpc/http-call.ts';
import { exitCodes } from './lines.ts';
import type { Terminal } from './terminal.ts';

/** Which supervisor, and who speaks to it. */
export interface ControlTarget {
  readonly serverUrl: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** The interface's version that this command is written for. */
const apiVersion = '3.0';

/** As long as a stop or a start may take; Supervisor's own command waits for ever. */
const noTimeout = 2 ** 31 - 1;

/** One use of the control command: whom it speaks to, what it prints, and how it will exit. */
export class ControlSession {
  readonly terminal: Terminal;
  /** Questions may be asked, since a person is there. */
  readonly interactive: boolean;
  exitCode: number = exitCodes.success;
  #target: ControlTarget;

  constructor(target: ControlTarget, options: { terminal: Terminal; interactive: boolean }) {
    this.#target = target;
    this.terminal = options.terminal;
    this.interactive = options.interactive;
  }

  get target(): ControlTarget {
    return this.#target;
  }

  /** Speaks to another supervisor, or as another user, from now on. */
  turnTo(change: Partial<ControlTarget>): void {
    this.#target = { ...this.#target, ...change };
  }

  get client(): SupervisorClient {
    const { serverUrl, username, password } = this.#target;
    const credentials = username === undefined || password === undefined ? undefined : { username, password };
    return new SupervisorClient(serverUrl, { timeoutMs: noTimeout, credentials });
  }

  say(line: string): void {
    this.terminal.write(`${line}\n`);
  }

  /** Notes a failure; a success does not undo one of before. */
  exitWith(code: number): void {
    if (code !== exitCodes.success) this.exitCode = code;
  }

  /** Says a mistake in the arguments of a command, and how it is used. */
  misused(problem: string, help: readonly string[], code: number = exitCodes.generic): undefined {
    this.say(problem);
    this.exitWith(code);
    for (const line of help) this.say(line);
  }

  /** False, and said so, when there is no supervisor that speaks our language. */
  async isUp(): Promise<boolean> {
    try {
      const version = await this.client.call('supervisor.getVersion');
      if (version === apiVersion) return true;
      this.#missing(
        `Sorry, this version of supervisorctl expects to talk to a server with API version ${apiVersion}, but the remote version is ${version}.`,
        exitCodes.notInstalled,
      );
    } catch (error) {
      this.exitWith(exitCodes.generic);
      if (error instanceof SupervisorFault && error.faultCode === faults.UNKNOWN_METHOD)
        this.#missing(
          'Sorry, supervisord responded but did not recognize the supervisor namespace commands that supervisorctl uses to control it.  Please check that the [rpcinterface:supervisor] section is enabled in the configuration file (see sample.conf).',
          exitCodes.unimplementedFeature,
        );
      else if (connectionError(error) === 'ECONNREFUSED')
        this.#missing(`${this.#target.serverUrl} refused connection`, exitCodes.insufficientPrivileges);
      else if (connectionError(error) === 'ENOENT')
        this.#missing(`${this.#target.serverUrl} no such file`, exitCodes.notRunning);
      else throw error;
    }
    return false;
  }

  #missing(why: string, code: number): void {
    this.say(why);
    this.exitWith(code);
  }
}

/** Why no connection could be made, as a system error code; undefined for anything else. */
export function connectionError(error: unknown): string | undefined {
  if (!(error instanceof SupervisorUnreachable) || !(error.cause instanceof Error)) return undefined;
  return 'code' in error.cause ? String(error.cause.code) : undefined;
}
