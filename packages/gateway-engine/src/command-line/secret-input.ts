import { createInterface } from 'node:readline/promises';
import type { Readable } from 'node:stream';
import { Writable } from 'node:stream';
import { UsageError } from '@gateway-engine/host';

/**
 * A secret that stands on no command line, where every user of the machine could read it: asked for without being
 * shown, or all of standard input without its last line's end. Throws UsageError.
 */
export async function readSecret(question: string, longest: number): Promise<string> {
  return process.stdin.isTTY ? await askHidden(question) : await readAll(process.stdin, longest);
}

/** Asks on the terminal; what is typed is not shown. Throws UsageError when it is interrupted. */
export async function askHidden(question: string): Promise<string> {
  // Readline echoes what is typed to its output.
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: silent, terminal: true });
  // Only now: until readline has taken the terminal over, that shows itself what is typed.
  process.stderr.write(question);
  const interrupted = new Promise<never>((_resolve, reject) => {
    terminal.once('SIGINT', () => reject(new UsageError('interrupted; nothing was changed')));
  });
  try {
    return await Promise.race([terminal.question(''), interrupted]);
  } finally {
    terminal.close();
    process.stderr.write('\n');
  }
}

async function readAll(input: Readable, longest: number): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // One more for the line's end that is taken away.
    if (bytes > longest + 2) throw new UsageError(`the value has more than ${longest} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
}
