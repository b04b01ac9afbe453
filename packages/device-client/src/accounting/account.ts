import type { Clock } from '@gateway-engine/host/basics';
import type { Traffic } from '../traffic.ts';
import { InterfaceNames } from './interface-name.ts';
import { printable, programName } from './program-name.ts';
import { trafficFile } from './traffic-file.ts';
import { TrafficLog } from './traffic-log.ts';

/** A client's account: turns the traffic of its requests into entries of a log. */
export class Account {
  readonly #log: TrafficLog;
  readonly #ownsLog: boolean;
  readonly #program: string;
  readonly #clock: Clock;
  readonly #interfaces: InterfaceNames;

  private constructor(log: TrafficLog, ownsLog: boolean, program: string | undefined, clock: Clock) {
    this.#log = log;
    this.#ownsLog = ownsLog;
    this.#program = printable(program ?? '') || programName();
    this.#clock = clock;
    this.#interfaces = new InterfaceNames(() => clock.monotonic());
  }

  /** Undefined when accounting is off, by option or by environment. */
  static open(
    accounting: TrafficLog | string | false | undefined,
    program: string | undefined,
    clock: Clock,
  ): Account | undefined {
    if (accounting instanceof TrafficLog) return new Account(accounting, false, program, clock);
    const file = trafficFile(accounting);
    return file === undefined ? undefined : new Account(new TrafficLog({ file }), true, program, clock);
  }

  add(traffic: Traffic): void {
    this.#log.append({
      time: this.#clock.now(),
      program: this.#program,
      interface: this.#interfaces.of(traffic.localAddress),
      class: traffic.class,
      method: traffic.call,
      host: traffic.host,
      sent: traffic.bytesSent,
      received: traffic.bytesReceived,
      status: traffic.status,
      duration: traffic.durationMs,
    });
  }

  /** Writes what is pending; a log that is shared goes on. */
  close(): void {
    if (this.#ownsLog) this.#log.close();
  }
}
