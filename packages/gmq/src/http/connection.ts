import type { Socket } from 'node:net';
import { type Answer, type AnswerWriter, errorAnswer } from './answer.ts';
import type { BodyBudget } from './body-budget.ts';
import type { HeadMemory } from './head-memory.ts';
import { type Request, RequestReader, type Said } from './request-reader.ts';

export interface ConnectionParts {
  /** Never rejects. */
  readonly answer: (request: Request) => Promise<Answer>;
  /** Told of what is no request, or none that is taken. */
  readonly refused: (said: Extract<Said, { kind: 'refused' }>) => void;
  readonly heads: HeadMemory;
  readonly budget: BodyBudget;
  readonly writer: AnswerWriter;
}

/** What a program may send ahead of an answer that it waits for, or leave unread of its answers. */
const aheadBytes = 64 * 1024;
/** In calls of `tick`. Programs that send every few minutes must not meet a connection that closes under a request. */
const idleTicks = 90;
const requestTicks = 6;

/**
 * One connection of a local program: HTTP/1 requests, answered one after the other.
 *
 * `reading`: nothing, or a part of a request has come. `answering`: a request is worked on; what is sent ahead waits.
 * `closing`: the last answer is out; what still comes is thrown away for a while, since a program that is in the middle
 * of sending would not get to read the answer otherwise.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #parts: ConnectionParts;
  readonly #reader: RequestReader;
  #state: 'reading' | 'answering' | 'closing' = 'reading';
  /** The present answer is the last one. */
  #last = false;
  #ended = false;
  #ticks = 0;

  constructor(socket: Socket, parts: ConnectionParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.#reader = new RequestReader(parts.heads, parts.budget);
    socket.setNoDelay(true);
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('drain', () => this.#read());
    socket.on('end', () => {
      // Some say that they send nothing more, and wait for the answers.
      this.#ended = true;
      this.#read();
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#reader.release());
  }

  /** To be called every ten seconds: ends what takes too long. */
  tick(): void {
    const within = this.#reader.within || this.#socket.writableLength > 0;
    const most = this.#state === 'closing' || within ? requestTicks : idleTicks;
    if (this.#state === 'answering' || ++this.#ticks <= most) return;
    if (this.#state === 'reading' && this.#reader.within) this.#sendLast(errorAnswer(408));
    else this.#socket.destroy();
  }

  /** Lets the request that is worked on be answered, and takes no other. */
  end(): void {
    this.#last = true;
    if (this.#state === 'reading') this.#socket.destroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    if (this.#state === 'closing') return;
    this.#reader.add(chunk);
    if (this.#state === 'reading') this.#read();
    else if (this.#reader.ahead > aheadBytes) this.#socket.pause();
  }

  #read(): void {
    while (this.#state === 'reading' && this.#socket.writableLength <= aheadBytes) {
      const said = this.#reader.next();
      if (!said) {
        if (this.#ended) this.#socket.end();
        break;
      }
      this.#ticks = 0;
      if (said.kind === 'request') this.#answer(said.request);
      else if (said.kind === 'waits') this.#socket.write('HTTP/1.1 100 Continue\r\n\r\n');
      else {
        this.#parts.refused(said);
        this.#sendLast(errorAnswer(said.status));
      }
    }
    if (this.#socket.isPaused() && this.#reader.ahead <= aheadBytes) this.#socket.resume();
  }

  #answer(request: Request): void {
    this.#state = 'answering';
    void this.#parts.answer(request).then((answer) => {
      this.#state = 'reading';
      this.#ticks = 0;
      if (!request.head.keepAlive || (this.#ended && !this.#reader.within)) this.#last = true;
      const bodiless = request.head.method === 'HEAD';
      if (this.#last) {
        this.#sendLast(answer, bodiless);
        return;
      }
      this.#socket.write(this.#parts.writer.write(answer, { closes: false, bodiless }));
      if (this.#reader.ahead > 0 || this.#ended) this.#read();
    });
  }

  #sendLast(answer: Answer, bodiless = false): void {
    this.#state = 'closing';
    this.#reader.release();
    this.#socket.end(this.#parts.writer.write(answer, { closes: true, bodiless }));
    this.#socket.resume();
  }
}
