import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MetadataRole, VersionFloor } from '@gateway-engine/app-package';
import { z } from 'zod';
import type { HomeLayout } from '../../home/layout.ts';
import { metadataFile } from '../../trust/metadata-files.ts';
import type { Pin } from '../../trust/trust-records.ts';

export interface TrustFacts {
  readonly verify: 'required' | 'off' | undefined;
  /** The fingerprint that was configured. */
  readonly configured: string | undefined;
  readonly pinned: Pick<Pin, 'sha256' | 'floor'> | undefined;
  /** When the metadata that this gateway trusted last ends, seconds since 1970; files that are missing are left out. */
  readonly ends: Partial<Readonly<Record<MetadataRole, number>>>;
}

const signedShape = z.object({ signed: z.object({ expires: z.string() }) });

/** Reads when the files end; whether they are signed is judged by whoever relies on them. */
export async function metadataEnds(
  { tuf }: Pick<HomeLayout, 'tuf'>,
  pin: Pin | undefined,
): Promise<TrustFacts['ends']> {
  const floor: VersionFloor | undefined = pin?.floor;
  if (!pin || !floor) return {};
  const ends: Partial<Record<MetadataRole, number>> = {};
  for (const role of ['root', 'timestamp', 'snapshot', 'targets'] as const) {
    const isFirstRoot = role === 'root' && floor.root <= 1;
    const text = isFirstRoot
      ? pin.root.toString('utf8')
      : await textOf(join(tuf, metadataFile(role, floor[role])));
    const expires = text === undefined ? Number.NaN : expiryOf(text);
    if (!Number.isNaN(expires)) ends[role] = expires;
  }
  return ends;
}

function expiryOf(text: string): number {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // Torn by a power cut: the engine fetches it again.
    return Number.NaN;
  }
  const parsed = signedShape.safeParse(data);
  return parsed.success ? Date.parse(parsed.data.signed.expires) / 1000 : Number.NaN;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined;
    throw error;
  }
}
