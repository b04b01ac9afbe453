import { parseTarballName, TarballNameError } from '@gateway-engine/app-package';
import type { Install } from '../install.ts';
import { done, failed, type Step } from './step.ts';

/** Programs of the gateway itself, which an application must not take the place of. */
const reservedNames = new Set(['gwe', 'gmq', 'gdc', 'supervisor', 'supervisord', 'GatewayEngine']);

/** Reads name and version from the tarball's name. */
export async function readName(install: Install): Promise<Step> {
  try {
    const { name, version } = parseTarballName(install.tarball);
    if (reservedNames.has(name)) {
      return failed(`"${name}" is a part of Gateway Engine itself, which is not updated as an application`);
    }
    return done({ name, version });
  } catch (error) {
    if (error instanceof TarballNameError) return failed(error.message);
    throw error;
  }
}
