import { parseTarballName, type TarballName, TarballNameError } from '@gateway-engine/app-package';

/** Application and version of a tarball, by its name; undefined when that is no tarball's name. */
export function partsOfName(tarball: string): TarballName | undefined {
  try {
    return parseTarballName(tarball);
  } catch (error) {
    if (error instanceof TarballNameError) return undefined;
    throw error;
  }
}

/** The application that a tarball is for. */
export function appOf(tarball: string): string | undefined {
  return partsOfName(tarball)?.name;
}
