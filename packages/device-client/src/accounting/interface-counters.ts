import { readTextIfPresent } from '@gateway-engine/host/basics';

/** What the kernel counted on an interface since it came up: all traffic, whoever caused it. */
export interface InterfaceCounters {
  readonly interface: string;
  readonly rxBytes: number;
  readonly txBytes: number;
}

/** The kernel's counters per interface; empty where there is no /proc/net/dev. */
export async function interfaceCounters(file = '/proc/net/dev'): Promise<InterfaceCounters[]> {
  return parseInterfaceCounters((await readTextIfPresent(file)) ?? '');
}

/** Reads /proc/net/dev: two lines of heading, then `name: rx-bytes seven more tx-bytes ...`. */
export function parseInterfaceCounters(text: string): InterfaceCounters[] {
  return text.split('\n').flatMap((line) => {
    // A wide number may touch the colon; an alias such as eth0:1 has one itself.
    const colon = line.lastIndexOf(':');
    const name = line.slice(0, colon).trim();
    const fields = line
      .slice(colon + 1)
      .trim()
      .split(/\s+/);
    const [rxBytes, txBytes] = [Number(fields[0]), Number(fields[8])];
    if (colon < 1 || name === '' || fields.length < 9) return [];
    return Number.isSafeInteger(rxBytes) && Number.isSafeInteger(txBytes)
      ? [{ interface: name, rxBytes, txBytes }]
      : [];
  });
}
