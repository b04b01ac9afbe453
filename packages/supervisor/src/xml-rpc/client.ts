import { faults, SupervisorFault } from './faults.ts';
import { parseSupervisorUrl, postXml, SupervisorUnreachable } from './http-call.ts';
import { formatCall, type MethodResponse, parseResponse, type XmlRpcValue } from './message.ts';

/** What getProcessInfo tells of a program. Times are seconds since 1970, 0 when there was none. */
export interface ProcessInfo {
  readonly name: string;
  readonly group: string;
  readonly start: number;
  readonly stop: number;
  readonly now: number;
  /** Code of the state; `statename` is its word. */
  readonly state: number;
  readonly statename: string;
  /** Why it could not be started; empty when there was no problem. */
  readonly spawnerr: string;
  /** -1 when a signal ended it; 0 when it never ended. */
  readonly exitstatus: number;
  readonly logfile: string;
  readonly stdout_logfile: string;
  readonly stderr_logfile: string;
  /** 0 when it does not run. */
  readonly pid: number;
  readonly description: string;
}

/** The outcome for one program of a call on many. `status` is a fault code, 80 (SUCCESS) when it worked. */
export interface ProcessOutcome {
  readonly name: string;
  readonly group: string;
  readonly status: number;
  readonly description: string;
}

export interface ConfigChanges {
  readonly added: string[];
  readonly changed: string[];
  readonly removed: string[];
}

/**
 * Speaks to a supervisor, the embedded one or a real supervisord, by Supervisor's XML-RPC interface.
 *
 * Every method rejects with SupervisorFault when the supervisor refuses, with SupervisorUnreachable when there is no
 * answer. `wait` (default true) makes start and stop answer only when the program is RUNNING or has stopped, so
 * `timeoutMs` must be longer than its startsecs and stopwaitsecs.
 */
export class SupervisorClient {
  readonly #target: ReturnType<typeof parseSupervisorUrl>;
  readonly #timeoutMs: number;

  constructor(
    url: string,
    options: { timeoutMs?: number; credentials?: { username: string; password: string } | undefined } = {},
  ) {
    this.#target = parseSupervisorUrl(url, options.credentials);
    this.#timeoutMs = options.timeoutMs ?? 120_000;
  }

  /** Any method by its full name, such as `supervisor.getPID`. */
  async call(method: string, params: unknown[] = []): Promise<unknown> {
    const xml = formatCall({ method, params: params as XmlRpcValue[] });
    const text = await postXml(this.#target, xml, this.#timeoutMs);
    const response = this.#understand(text);
    if ('fault' in response) throw new SupervisorFault(response.fault.code, response.fault.text);
    return response.value;
  }

  #understand(text: string): MethodResponse {
    try {
      return parseResponse(text);
    } catch (cause) {
      throw new SupervisorUnreachable(`${this.#target.shown} does not answer like a supervisor`, { cause });
    }
  }

  async getState(): Promise<{ statecode: number; statename: string }> {
    return (await this.call('supervisor.getState')) as { statecode: number; statename: string };
  }

  async getSupervisorVersion(): Promise<string> {
    return (await this.call('supervisor.getSupervisorVersion')) as string;
  }

  async getAllProcessInfo(): Promise<ProcessInfo[]> {
    return (await this.call('supervisor.getAllProcessInfo')) as ProcessInfo[];
  }

  async getProcessInfo(name: string): Promise<ProcessInfo> {
    return (await this.call('supervisor.getProcessInfo', [name])) as ProcessInfo;
  }

  async startProcess(name: string, wait = true): Promise<void> {
    await this.call('supervisor.startProcess', [name, wait]);
  }

  async stopProcess(name: string, wait = true): Promise<void> {
    await this.call('supervisor.stopProcess', [name, wait]);
  }

  async startProcessGroup(name: string, wait = true): Promise<ProcessOutcome[]> {
    return (await this.call('supervisor.startProcessGroup', [name, wait])) as ProcessOutcome[];
  }

  async stopProcessGroup(name: string, wait = true): Promise<ProcessOutcome[]> {
    return (await this.call('supervisor.stopProcessGroup', [name, wait])) as ProcessOutcome[];
  }

  /** Reads the configuration again and tells which groups differ from those that are active. Changes none of them. */
  async reloadConfig(): Promise<ConfigChanges> {
    const [[added, changed, removed]] = (await this.call('supervisor.reloadConfig')) as [
      [string[], string[], string[]],
    ];
    return { added, changed, removed };
  }

  async addProcessGroup(name: string): Promise<void> {
    await this.call('supervisor.addProcessGroup', [name]);
  }

  async removeProcessGroup(name: string): Promise<void> {
    await this.call('supervisor.removeProcessGroup', [name]);
  }

  /** The end of a log: text, the log's length, and whether there was more between `offset` and the text. */
  async tailProcessStdoutLog(
    name: string,
    offset: number,
    length: number,
  ): Promise<[string, number, boolean]> {
    return (await this.call('supervisor.tailProcessStdoutLog', [name, offset, length])) as [
      string,
      number,
      boolean,
    ];
  }

  async shutdown(): Promise<void> {
    await this.call('supervisor.shutdown');
  }
}

/** True for the refusal with this name, such as `isFault(error, 'NOT_RUNNING')`. */
export function isFault(error: unknown, name: keyof typeof faults): error is SupervisorFault {
  return error instanceof SupervisorFault && error.faultCode === faults[name];
}
