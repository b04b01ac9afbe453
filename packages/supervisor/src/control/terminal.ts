import { createInterface, type Interface } from 'node:readline';
import type { ReadStream } from 'node:tty';
import { readHidden } from './hidden-input.ts';

/** The person pressed Ctrl-C while something was asked. */
export class Interrupted extends Error {
  readonly code = 'INTERRUPTED';

  constructor() {
    super('interrupted');
  }
}

export interface TerminalParts {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WriteStream;
  readonly error: NodeJS.WriteStream;
  readonly complete: (line: string) => Promise<[string[], string]>;
  /** Lines of earlier uses, the last one first. */
  readonly history: readonly string[];
}

/**
 * What the control command reads and prints. With a terminal on both sides lines can be edited; without, the same
 * text is printed and lines are taken as they come. Standard input is not touched before the first question.
 */
export class Terminal {
  readonly #parts: TerminalParts;
  readonly #lines: string[] = [];
  readonly #interrupts = new Set<() => void>();
  #history: readonly string[];
  #reader: Interface | undefined;
  #atEnd = false;
  #waiting: { resolve(line: string | undefined): void; reject(error: Interrupted): void } | undefined;

  constructor(parts: TerminalParts) {
    this.#parts = parts;
    this.#history = parts.history;
  }

  /** Lines typed, the last one first. */
  get history(): readonly string[] {
    return this.#history;
  }

  write(text: string | Uint8Array): void {
    this.#parts.output.write(text);
  }

  writeError(text: string): void {
    this.#parts.error.write(text);
  }

  /** The next line; undefined at the end of the input. Rejects with Interrupted on Ctrl-C. */
  async ask(question: string): Promise<string | undefined> {
    const reader = this.#open();
    // Before the question is seen: Ctrl-C may be the answer to it.
    const forget = this.#onInterrupt(() => this.#waiting?.reject(new Interrupted()));
    try {
      if (this.#isTerminal) {
        reader?.setPrompt(question);
        reader?.prompt();
      } else this.write(question);
      const line = this.#lines.shift();
      if (line !== undefined || this.#atEnd) return line;
      return await new Promise((resolve, reject) => {
        this.#waiting = { resolve, reject };
      });
    } finally {
      this.#waiting = undefined;
      forget();
    }
  }

  /** A line that is not shown as it is typed. */
  async askHidden(question: string): Promise<string | undefined> {
    if (!this.#isTerminal) return await this.ask(question);
    this.close();
    this.write(question);
    const line = await readHidden(this.#parts.input as ReadStream);
    if (line === 'interrupted') throw new Interrupted();
    return line;
  }

  /** Does something until it is done or Ctrl-C ends it; true when it was Ctrl-C. */
  async untilInterrupt(work: (signal: AbortSignal) => Promise<void>): Promise<boolean> {
    const interrupt = new AbortController();
    const forget = this.#onInterrupt(() => interrupt.abort());
    try {
      await work(interrupt.signal);
    } finally {
      forget();
    }
    return interrupt.signal.aborted;
  }

  close(): void {
    const reader = this.#reader;
    this.#reader = undefined;
    reader?.close();
  }

  get #isTerminal(): boolean {
    return Boolean(this.#parts.input.isTTY && this.#parts.output.isTTY);
  }

  /** A terminal under editing gives Ctrl-C as a key; otherwise it comes as a signal. */
  #onInterrupt(action: () => void): () => void {
    this.#interrupts.add(action);
    process.on('SIGINT', action);
    return () => {
      this.#interrupts.delete(action);
      process.off('SIGINT', action);
    };
  }

  /** Forgotten at once: several lines may come in one piece, and each is the answer to one question. */
  #answer(line: string | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(line);
  }

  #open(): Interface | undefined {
    if (this.#reader || this.#atEnd) return this.#reader;
    const { input, output, complete } = this.#parts;
    const reader = this.#isTerminal
      ? createInterface({
          input,
          output,
          terminal: true,
          history: [...this.#history],
          completer: (line: string, done: (error: null, result: [string[], string]) => void) => {
            complete(line).then((result) => done(null, result));
          },
        })
      : createInterface({ input, terminal: false });
    this.#reader = reader;
    reader.on('line', (line) => {
      if (this.#waiting) this.#answer(line);
      else this.#lines.push(line);
    });
    reader.on('history', (history) => {
      this.#history = [...history];
    });
    reader.on('SIGINT', () => {
      // Raised as a signal when nobody waits for it, so that it ends the command as it would without editing.
      if (this.#interrupts.size === 0) process.kill(process.pid, 'SIGINT');
      else for (const interrupt of [...this.#interrupts]) interrupt();
    });
    reader.on('close', () => {
      if (this.#reader !== reader) return;
      this.#reader = undefined;
      this.#atEnd = true;
      this.#answer(undefined);
    });
    return reader;
  }
}
