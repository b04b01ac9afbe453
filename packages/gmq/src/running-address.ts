import { rm, writeFile } from 'node:fs/promises';
import { readTextIfPresent } from '@gateway-engine/host';
import { z } from 'zod';

/**
 * Where a queue listens while it runs: `[server] listen` counts from a start on, so that the file of settings may name
 * another port already. It is kept beside the database, and gone after a stop in good order.
 */
export interface RunningAddress {
  /** `[server] listen` as it was at the start, HOST:PORT. */
  readonly listen: string;
  /** What became of it: HOST:PORT, with the port that was taken for 0. */
  readonly address: string;
}

const shape = z.object({ listen: z.string(), address: z.string() });

const fileOf = (databaseFile: string) => `${databaseFile}.address`;

export async function rememberAddress(databaseFile: string, running: RunningAddress): Promise<void> {
  await writeFile(fileOf(databaseFile), `${JSON.stringify(running)}\n`, { mode: 0o600 });
}

export async function forgetAddress(databaseFile: string): Promise<void> {
  await rm(fileOf(databaseFile), { force: true });
}

/** Undefined when no queue has left one, or what is there cannot be read: it is a hint, and `listen` the other. */
export async function rememberedAddress(databaseFile: string): Promise<RunningAddress | undefined> {
  const text = await readTextIfPresent(fileOf(databaseFile));
  if (text === undefined) return undefined;
  try {
    return shape.parse(JSON.parse(text));
  } catch {
    // Cut short by a loss of power, when the queue does not run either.
    return undefined;
  }
}
