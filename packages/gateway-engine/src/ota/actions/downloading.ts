import { basename } from 'node:path';
import { describeError } from '@gateway-engine/host';
import { ContentError } from '../download.ts';
import { fetchPackage, type KeptVersion } from '../fetch-package.ts';
import type { Install } from '../install.ts';
import { isThere } from '../package-files.ts';
import type { OtaParts } from '../parts.ts';
import { done, failed, refused, type Step } from './step.ts';

/** Brings the tarball into the cache. */
export async function fetchTarball(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  if (install.source === 'file' || install.source === 'kept') return await copyTarball(install, parts);
  if (!parts.downloads) throw new Error(`install ${install.id} needs the platform`);
  await parts.files.prepareCache();
  const file = parts.files.tarball(install.id);
  if (await isThere(file)) return done();
  try {
    const wanted = {
      id: install.tarball,
      trust: install.facts.trust,
      kept: await keptVersion(install, parts),
    };
    await fetchPackage(parts.downloads, wanted, file, signal);
    return done();
  } catch (error) {
    if (error instanceof ContentError) return refused(error.because, describeError(error));
    throw error;
  }
}

/** The installed version, when its package is still here to make the new one of. */
async function keptVersion(
  { facts }: Install,
  { journal, files }: OtaParts,
): Promise<KeptVersion | undefined> {
  const app = facts.name === undefined ? undefined : journal.app(facts.name);
  if (!app) return undefined;
  const file = files.kept(app.name, app.version);
  return (await isThere(file)) ? { id: basename(file), file } : undefined;
}

async function copyTarball(install: Install, parts: OtaParts): Promise<Step> {
  try {
    await parts.files.copyIntoCache(install.id, install.path ?? '');
    return done();
  } catch (error) {
    return failed(`cannot read ${install.path}: ${describeError(error)}`);
  }
}
