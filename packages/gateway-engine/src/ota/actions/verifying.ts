import { createReadStream } from 'node:fs';
import { ArchiveError, inspectTarball, sameNeeds } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { ConfigError } from '@gateway-engine/supervisor';
import { missingSettings } from '../../apps/missing-settings.ts';
import { freeBytes, noSpaceLeft, spareBytes } from '../../state/disk-space.ts';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { checkProgramEntry } from '../program-entry.ts';
import { problemOfSigned } from '../signed-tarball.ts';
import { done, refused, type Step } from './step.ts';

/** Reads and checks the whole archive; nothing of it is written. */
export async function verify(install: Install, { files, ...place }: OtaParts): Promise<Step> {
  const tarball = files.tarball(install.id);
  const { trust } = install.facts;
  if (trust?.kind === 'signed') {
    const problem = await problemOfSigned(tarball, trust);
    if (problem !== undefined) return refused('signature', `refused: ${problem}`);
  }
  try {
    const contents = await inspectTarball(createReadStream(tarball));
    const { kind, installer, topDirectory, supervisorConf, manifest, bytes } = contents;
    if (trust?.kind === 'signed' && !sameNeeds(trust.custom.needs, manifest)) {
      return refused('signature', 'refused: its gwe.json asks for other things than were signed for it');
    }
    const name = install.facts.name ?? '';
    if (supervisorConf !== undefined) checkProgramEntry({ name, supervisorConf, manifest }, place);
    const missing = await missingSettings(place.layout, name, manifest);
    if (missing !== undefined) return refused('configuration', missing);
    await files.prepareStaging();
    if (bytes + spareBytes > freeBytes(place.layout.staging)) {
      return refused('disk', noSpaceLeft(place.layout.staging, bytes + spareBytes));
    }
    return done({ contents: { kind, installer, topDirectory, supervisorConf, manifest, bytes } });
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof ConfigError) {
      return refused('package', `refused: ${describeError(error)}`);
    }
    throw error;
  }
}
