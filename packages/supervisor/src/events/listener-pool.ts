import type { EventPoolConfig } from '../config/event-listener.ts';
import type { SupervisorLog } from '../log.ts';
import type { EventBus, SupervisorEvent } from './event-bus.ts';
import { ListenerProtocol, type ListenerStep } from './listener-protocol.ts';
import type { Transition } from './payloads.ts';

/** One process of a pool, as the pool sees it. */
export interface Listener {
  /** Takes what the process writes to its standard output. */
  takeOutput(chunk: Uint8Array): void;
  /** The process has changed its state. */
  changed(change: Transition): void;
}

/** What the pool needs of a process. */
export interface ListenerProcess {
  readonly name: string;
  isRunning(): boolean;
  /** False when it does not take any more. */
  writeStdin(text: string): boolean;
}

interface Buffered {
  readonly event: SupervisorEvent;
  readonly poolSerial: number;
}

interface Member {
  readonly process: ListenerProcess;
  protocol: ListenerProtocol;
  /** The event it is working on. */
  current: Buffered | undefined;
}

/**
 * The events of one [eventlistener:x] section on their way to its processes. Each event goes to the first process that
 * is RUNNING and READY; it is kept until a process has answered OK, at most `bufferSize` of them.
 */
export class ListenerPool {
  readonly #name: string;
  readonly #config: EventPoolConfig;
  readonly #identifier: string;
  readonly #log: SupervisorLog;
  readonly #members: Member[] = [];
  readonly #waiting: Buffered[] = [];
  readonly #unsubscribe: () => void;
  #nextSerial = 0;
  #dispatch: NodeJS.Immediate | undefined;

  constructor(
    name: string,
    config: EventPoolConfig,
    parts: { identifier: string; bus: EventBus; log: SupervisorLog },
  ) {
    this.#name = name;
    this.#config = config;
    this.#identifier = parts.identifier;
    this.#log = parts.log;
    this.#unsubscribe = parts.bus.subscribe(config.events, (event) => {
      this.#buffer({ event, poolSerial: this.#nextSerial++ }, 'last');
    });
  }

  add(process: ListenerProcess): Listener {
    const member: Member = { process, protocol: new ListenerProtocol(), current: undefined };
    this.#members.push(member);
    return {
      takeOutput: (chunk) => {
        for (const step of member.protocol.take(chunk)) this.#follow(member, step);
      },
      changed: ({ to }) => {
        if (to === 'STARTING') member.protocol = new ListenerProtocol();
        if (['EXITED', 'BACKOFF', 'STOPPED', 'UNKNOWN'].includes(to)) this.#giveBack(member);
        if (to === 'RUNNING') this.#dispatchSoon();
      },
    };
  }

  /** Whether an event is on its way to a listener that can take it, or with one. */
  get isBusy(): boolean {
    if (this.#members.some((member) => member.current !== undefined)) return true;
    return (
      this.#waiting.length > 0 &&
      this.#members.some(({ process, protocol }) => process.isRunning() && protocol.state !== 'UNKNOWN')
    );
  }

  /** No events are taken and none are sent any more. */
  close(): void {
    this.#unsubscribe();
    clearImmediate(this.#dispatch);
    this.#waiting.length = 0;
  }

  #follow(member: Member, step: ListenerStep): void {
    const { name } = member.process;
    if (step.kind === 'ready') this.#dispatchSoon();
    else if (step.kind === 'violation') {
      this.#log.warn(`${name}: ${step.problem}`);
      this.#log.warn(
        `${name}: has entered the UNKNOWN state and will no longer receive events, this usually indicates the process violated the eventlistener protocol`,
      );
      this.#giveBack(member);
    } else if (step.accepted) {
      this.#log.debug(`${name}: event was processed`);
      member.current = undefined;
    } else {
      this.#log.warn(`${name}: event was rejected`);
      this.#giveBack(member);
    }
  }

  /** An event that was not done with is the next one again. */
  #giveBack(member: Member): void {
    const { current } = member;
    member.current = undefined;
    if (current) this.#buffer(current, 'first');
  }

  #buffer(buffered: Buffered, place: 'first' | 'last'): void {
    if (this.#waiting.length >= this.#config.bufferSize) {
      const discarded = this.#waiting.shift();
      this.#log.error(
        `pool ${this.#name} event buffer overflowed, discarding event ${discarded?.event.serial}`,
      );
    }
    if (place === 'first') this.#waiting.unshift(buffered);
    else this.#waiting.push(buffered);
    this.#dispatchSoon();
  }

  /** Not at once: events come in the midst of a change of state. */
  #dispatchSoon(): void {
    this.#dispatch ??= setImmediate(() => {
      this.#dispatch = undefined;
      this.#sendAll();
    });
  }

  #sendAll(): void {
    for (const member of this.#members) {
      const next = this.#waiting[0];
      if (!next) return;
      if (!member.process.isRunning() || member.protocol.state !== 'READY') continue;
      if (!member.process.writeStdin(this.#envelope(next))) {
        this.#log.debug(`${member.process.name} does not take event ${next.event.serial}`);
        continue;
      }
      this.#waiting.shift();
      member.protocol.sent();
      member.current = next;
      this.#log.debug(`event ${next.event.serial} sent to listener ${member.process.name}`);
    }
  }

  /** `len` counts characters, not bytes: so does Supervisor, and its listeners in Python rely on it. */
  #envelope({ event, poolSerial }: Buffered): string {
    const length = [...event.payload].length;
    return (
      `ver:3.0 server:${this.#identifier} serial:${event.serial} pool:${this.#name} poolserial:${poolSerial} ` +
      `eventname:${event.type} len:${length}\n${event.payload}`
    );
  }
}
