/** A terminal as a program has it that fills all of it. */
export interface Terminal {
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): unknown;
}

const enter = '\x1b[?1049h\x1b[?25l\x1b[?7l';
const leave = '\x1b[?7h\x1b[?25h\x1b[?1049l';

/** The alternate screen of a terminal: what stood there before comes back when it is left. */
export class Screen {
  readonly #terminal: Terminal;
  #entered = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  get columns(): number {
    return this.#terminal.columns ?? 80;
  }

  get rows(): number {
    return this.#terminal.rows ?? 24;
  }

  /** Line by line over what is there: nothing flickers. */
  draw(lines: readonly string[]): void {
    const room = Math.max(1, this.rows);
    const hidden = lines.length - room;
    const shown = hidden > 0 ? [...lines.slice(0, room - 1), `(${hidden + 1} more lines)`] : lines;
    const text = shown.map((line) => `${line}\x1b[K`).join('\r\n');
    this.#terminal.write(`${this.#entered ? '' : enter}\x1b[H${text}\x1b[J`);
    this.#entered = true;
  }

  /** Once or more often; also at the end of a process that was interrupted. */
  leave(): void {
    if (this.#entered) this.#terminal.write(leave);
    this.#entered = false;
  }
}
