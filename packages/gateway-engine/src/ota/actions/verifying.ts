import { createReadStream } from 'node:fs';
import { ArchiveError, inspectTarball } from '@gateway-engine/app-package';
import { describeError } from '@gateway-engine/host';
import { ConfigError } from '@gateway-engine/supervisor';
import { missingSettings } from '../../apps/missing-settings.ts';
import { freeBytes, noSpaceLeft } from '../../state/disk-space.ts';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { checkProgramEntry } from '../program-entry.ts';
import { problemOfSigned } from '../signed-tarball.ts';
import { done, failed, type Step } from './step.ts';

/** What must stay free beyond the unpacked package. */
export const spareBytes = 16 * 1024 * 1024;

/** Reads and checks the whole archive; nothing of it is written. */
export async function verify(install: Install, { files, ...place }: OtaParts): Promise<Step> {
  const tarball = files.tarball(install.id);
  const { trust } = install.facts;
  if (trust?.kind === 'signed') {
    const problem = await problemOfSigned(tarball, trust);
    if (problem !== undefined) return failed(`refused: ${problem}`);
  }
  try {
    const contents = await inspectTarball(createReadStream(tarball));
    const { kind, installer, topDirectory, supervisorConf, manifest, bytes } = contents;
    const name = install.facts.name ?? '';
    if (supervisorConf !== undefined) checkProgramEntry({ name, supervisorConf, manifest }, place);
    const missing = await missingSettings(place.layout, name, manifest);
    if (missing !== undefined) return failed(missing);
    await files.prepareStaging();
    if (bytes + spareBytes > freeBytes(place.layout.staging)) {
      return failed(noSpaceLeft(place.layout.staging, bytes + spareBytes));
    }
    return done({ contents: { kind, installer, topDirectory, supervisorConf, manifest, bytes } });
  } catch (error) {
    if (error instanceof ArchiveError || error instanceof ConfigError) {
      return failed(`refused: ${describeError(error)}`);
    }
    throw error;
  }
}
