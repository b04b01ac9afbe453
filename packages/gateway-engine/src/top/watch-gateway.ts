import type { ReadStream, WriteStream } from 'node:tty';
import { systemClock } from '@gateway-engine/host';
import { coloursOf } from '@gateway-engine/host/command-line';
import { composeScreen } from './compose-screen.ts';
import type { GatewayLook } from './gateway-look.ts';
import { Screen } from './screen.ts';

/** Ctrl-C and Ctrl-D come as characters in raw mode. */
const quitting = ['q', 'Q', '\x03', '\x04'];

/** Shows a gateway on a terminal, again and again, until `q`, Ctrl-C or a signal; leaves the terminal as it was. */
export async function watchGateway(
  look: () => Promise<GatewayLook>,
  intervalMs: number,
  { input, output }: { readonly input: ReadStream; readonly output: WriteStream },
): Promise<void> {
  const screen = new Screen(output);
  const colours = coloursOf(output);
  const ending = new AbortController();
  const end = () => ending.abort();
  const restore = () => screen.leave();
  const keys = (pressed: Buffer) => {
    if (quitting.some((key) => pressed.includes(key))) end();
  };
  let last: GatewayLook | undefined;
  const draw = () => {
    if (last) screen.draw(composeScreen(last, screen.columns, colours));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  process.on('exit', restore);
  output.on('resize', draw);
  if (input.isTTY) input.setRawMode(true).on('data', keys);
  try {
    while (!ending.signal.aborted) {
      last = await look();
      if (ending.signal.aborted) break;
      draw();
      await systemClock.sleep(intervalMs, ending.signal).catch(() => undefined);
    }
  } finally {
    if (input.isTTY) input.setRawMode(false).off('data', keys).pause();
    output.off('resize', draw);
    restore();
    process.off('exit', restore);
    for (const signal of signals) process.off(signal, end);
  }
}
