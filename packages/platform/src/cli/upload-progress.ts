import { Presets, SingleBar } from 'cli-progress';
import { printable, shortened, showBytes } from './output.ts';

export interface Progress {
  add(bytes: number): void;
  stop(): void;
}

/** A progress bar, which goes when it is done; nothing at all when the stream is not a terminal. */
export function showProgress(name: string, size: number, terminal: NodeJS.WriteStream): Progress {
  if (!terminal.isTTY || size === 0) return { add: () => {}, stop: () => {} };
  const bar = new SingleBar(
    {
      stream: terminal,
      format: `${shortened(printable(name), 30)} {bar} {percentage} % of ${showBytes(size)}, {eta_formatted} left`,
      barsize: 30,
      // Nothing is set on the terminal that Ctrl-C would leave set.
      hideCursor: false,
      linewrap: true,
      clearOnComplete: true,
      stopOnComplete: false,
    },
    Presets.shades_classic,
  );
  bar.start(size, 0);
  return { add: (bytes) => bar.increment(bytes), stop: () => bar.stop() };
}
