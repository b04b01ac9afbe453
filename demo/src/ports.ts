import { createServer } from 'node:net';
import { readTextIfPresent, writeDurably } from '@gateway-engine/host';

/** The ports that a demo keeps over restarts, since the gateway and the person's browser remember them. */
export interface DemoPorts {
  readonly platform: number;
  readonly gmq: number;
}

const documentedPorts: DemoPorts = { platform: 8080, gmq: 8090 };

/**
 * The ports of the last run, or the documented ones; for each that is in use now, a free one instead, said by `say`.
 * The choice is kept in `file`.
 */
export async function choosePorts(file: string, say: (line: string) => void): Promise<DemoPorts> {
  const wished = { ...documentedPorts, ...parsePorts(await readTextIfPresent(file)) };
  const ports = {
    platform: await freeInsteadOf(wished.platform, 'the platform', say),
    gmq: await freeInsteadOf(wished.gmq, 'the message queue', say),
  };
  await writeDurably(file, `${JSON.stringify(ports)}\n`);
  return ports;
}

/** The port, or a free one when it is in use; `say` tells which. */
export async function freeInsteadOf(
  port: number,
  user: string,
  say: (line: string) => void,
): Promise<number> {
  if (await isFree(port)) return port;
  const free = await anyFreePort();
  say(`port ${port} is in use by another program; ${user} takes ${free} instead`);
  return free;
}

function isFree(port: number): Promise<boolean> {
  return listenOnce(port).then(
    () => true,
    () => false,
  );
}

function anyFreePort(): Promise<number> {
  return listenOnce(0);
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}

function parsePorts(text: string | undefined): Partial<DemoPorts> {
  if (text === undefined) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return {};
    const entries = Object.entries(value).filter(([name, port]) => name in documentedPorts && isPort(port));
    return Object.fromEntries(entries);
  } catch {
    // Written by us and only a preference: a damaged file is as good as none.
    return {};
  }
}

function isPort(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 && value < 65_536;
}
