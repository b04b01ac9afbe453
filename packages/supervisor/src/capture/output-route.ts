import { CaptureMarks } from '../events/capture-marks.ts';
import { AnsiStripper } from './ansi-escapes.ts';
import { Lines } from './lines.ts';
import type { LogPosition, RotatedLog } from './rotated-log.ts';

export interface OutputDestinations {
  readonly log: RotatedLog | undefined;
  readonly stripAnsi: boolean;
  /** 0: there are no messages. */
  readonly captureMaxBytes: number;
  /** Takes what stood between the marks of a communication event. */
  readonly onMessage?: ((message: Uint8Array) => void) | undefined;
  /** Takes what is logged. */
  readonly onOutput?: ((bytes: Uint8Array) => void) | undefined;
  /** Takes everything as it came. */
  readonly onRaw?: ((bytes: Uint8Array) => void) | undefined;
  /** Takes what is logged, line by line. */
  readonly onLine?: ((line: string) => void) | undefined;
}

/** The way of one output channel of a program: to its log, to syslog, to event listeners. Nothing here throws. */
export class OutputRoute {
  readonly #to: OutputDestinations;
  readonly #marks: CaptureMarks | undefined;
  readonly #stripper: AnsiStripper | undefined;
  readonly #lines: Lines | undefined;

  constructor(to: OutputDestinations) {
    this.#to = to;
    this.#marks = to.captureMaxBytes > 0 ? new CaptureMarks(to.captureMaxBytes) : undefined;
    this.#stripper = to.stripAnsi ? new AnsiStripper() : undefined;
    this.#lines = to.onLine ? new Lines(to.onLine) : undefined;
  }

  get log(): RotatedLog | undefined {
    return this.#to.log;
  }

  get plainLog(): RotatedLog | undefined {
    const { onRaw, onOutput } = this.#to;
    return this.#marks || this.#stripper || this.#lines || onRaw || onOutput ? undefined : this.#to.log;
  }

  /** Where the next byte goes in the log. With marks or escape codes to take out, what comes may be less than what came. */
  position(): LogPosition | undefined {
    const position = this.#to.log?.position();
    return position && (this.#marks || this.#stripper) ? { ...position, transformed: true } : position;
  }

  write(chunk: Uint8Array): void {
    this.#to.onRaw?.(chunk);
    if (!this.#marks) {
      this.#deliver(chunk);
      return;
    }
    for (const part of this.#marks.take(chunk)) {
      if (part.kind === 'output') this.#deliver(part.bytes);
      else this.#to.onMessage?.(this.#stripper ? new AnsiStripper().strip(part.bytes) : part.bytes);
    }
  }

  /** The program has ended: nothing of what it wrote is held back any more. */
  end(): void {
    for (const part of this.#marks?.end() ?? []) this.#deliver(part.bytes);
    this.#lines?.end();
  }

  #deliver(chunk: Uint8Array): void {
    const bytes = this.#stripper ? this.#stripper.strip(chunk) : chunk;
    if (bytes.length === 0) return;
    this.#to.log?.write(bytes);
    this.#lines?.take(bytes);
    this.#to.onOutput?.(bytes);
  }
}
