import { describeError } from '@gateway-engine/host';
import { ContentError, downloadContent } from '../download.ts';
import type { Install } from '../install.ts';
import { isThere } from '../package-files.ts';
import type { OtaParts } from '../parts.ts';
import { done, failed, type Step } from './step.ts';

/** Brings the tarball into the cache. */
export async function fetchTarball(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  if (install.source === 'file') return await copyTarball(install, parts);
  if (!parts.downloads) throw new Error(`install ${install.id} needs the platform`);
  await parts.files.prepareCache();
  const file = parts.files.tarball(install.id);
  if (await isThere(file)) return done();
  try {
    const { trust } = install.facts;
    const signed = trust?.kind === 'signed' ? trust : undefined;
    await downloadContent(parts.downloads, { id: install.tarball, signed }, file, signal);
    return done();
  } catch (error) {
    if (error instanceof ContentError) return failed(describeError(error));
    throw error;
  }
}

async function copyTarball(install: Install, parts: OtaParts): Promise<Step> {
  try {
    await parts.files.copyIntoCache(install.id, install.path ?? '');
    return done();
  } catch (error) {
    return failed(`cannot read ${install.path}: ${describeError(error)}`);
  }
}
