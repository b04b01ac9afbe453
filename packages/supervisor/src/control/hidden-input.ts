import type { ReadStream } from 'node:tty';

const enter = ['\r', '\n'];
const erase = ['\b', '\u007f'];
const interrupt = '\u0003';
const endOfInput = '\u0004';

/** A line from a terminal that does not show it. Undefined when the input ends before there is one. */
export async function readHidden(input: ReadStream): Promise<string | undefined | 'interrupted'> {
  let line = '';
  input.setRawMode(true);
  input.resume();
  try {
    for (;;) {
      const text = await nextText(input);
      if (text === undefined) return undefined;
      for (const key of text) {
        if (enter.includes(key)) return line;
        if (key === interrupt) return 'interrupted';
        if (key === endOfInput && line === '') return undefined;
        line = erase.includes(key) ? line.slice(0, -1) : line + key;
      }
    }
  } finally {
    input.setRawMode(false);
    input.pause();
  }
}

function nextText(input: ReadStream): Promise<string | undefined> {
  return new Promise((resolve) => {
    const done = (text: string | undefined) => {
      input.off('data', onData);
      input.off('end', onEnd);
      resolve(text);
    };
    const onData = (chunk: Buffer | string) => done(chunk.toString());
    const onEnd = () => done(undefined);
    input.on('data', onData);
    input.on('end', onEnd);
  });
}
