import { parseTarballName, TarballNameError } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { engineApp, whyNotEngine } from '../../self-update/engine-steps.ts';
import { freeBytes, noSpaceLeft, spareBytes } from '../../state/disk-space.ts';
import { TrustError, type TrustVerdict, type WantedApp } from '../../trust/update-trust.ts';
import type { Install } from '../install.ts';
import { isThere } from '../package-files.ts';
import type { OtaParts } from '../parts.ts';
import { reservedNames } from '../reserved-names.ts';
import { firstUnmet } from '../unmet-needs.ts';
import { mayRemove } from './removing.ts';
import { done, refused, type Step, waits } from './step.ts';
import { outsideWindow } from './window-gate.ts';

/** Looks, before a byte is downloaded, whether there is any use in it: name, hours, signature, needs and room. */
export async function preflight(install: Install, parts: OtaParts, signal: AbortSignal): Promise<Step> {
  if (install.source === 'removal') return outsideWindow(install, parts) ?? mayRemove(install, parts);
  const app = readName(install, parts);
  if ('ending' in app) return app;
  const fixed = app.name === engineApp ? await whyNotEngine(parts.engine, app.version) : undefined;
  if (fixed !== undefined) return refused('engine', fixed);
  const closed = outsideWindow(install, parts);
  if (closed) return closed;
  let trust: TrustVerdict | undefined;
  try {
    trust = await judge(install, app, parts, signal);
  } catch (error) {
    if (error instanceof TrustError) return refused('signature', describeError(error));
    throw error;
  }
  if (trust?.kind === 'unsigned') parts.logger.warn(`${install.tarball} is not signed: ${trust.because}`);
  const facts = { name: app.name, version: app.version, ...(trust && { trust }) };
  const judged = { ...install, facts: { ...install.facts, ...facts } };
  return unmetNeeds(judged, parts) ?? (await withoutRoom(judged, parts)) ?? done(facts);
}

function readName({ tarball }: Install, { journal }: OtaParts): WantedApp | Step {
  try {
    const { name, version } = parseTarballName(tarball);
    if (reservedNames.has(name)) {
      const text = `"${name}" is a part of Gateway Engine itself, which is not updated as an application`;
      return refused('package', text);
    }
    return { name, version, installed: journal.lastRelease(name) };
  } catch (error) {
    if (error instanceof TarballNameError) return refused('package', error.message);
    throw error;
  }
}

async function judge(
  { source, tarball, path }: Install,
  app: WantedApp,
  { trust }: OtaParts,
  signal: AbortSignal,
): Promise<TrustVerdict | undefined> {
  if (source === 'content') return await trust?.judgeContent(tarball, app, signal);
  // A package that is kept was judged when it was installed, and a person at the gateway wants it back.
  return source === 'file' ? await trust?.judgeFile(tarball, path ?? '', app) : undefined;
}

function unmetNeeds(install: Install, { journal }: OtaParts): Step | undefined {
  const unmet = firstUnmet(install, journal);
  if (!unmet) return undefined;
  if (!unmet.pending) return refused(unmet.because, unmet.text);
  return waits({ for: 'dependency', text: `${unmet.text}; it waits for ${unmet.pending.tarball}` });
}

/** What is signed tells how much room the download and the unpacked package take; the version before has its own. */
async function withoutRoom({ id, facts }: Install, { files, layout }: OtaParts): Promise<Step | undefined> {
  if (facts.trust?.kind !== 'signed') return undefined;
  const { length, custom } = facts.trust;
  await files.prepareCache();
  await files.prepareStaging();
  const toDownload = (await isThere(files.tarball(id))) ? 0 : length;
  const needed = toDownload + custom.unpacked + spareBytes;
  return needed > freeBytes(layout.staging)
    ? refused('disk', noSpaceLeft(layout.staging, needed))
    : undefined;
}
