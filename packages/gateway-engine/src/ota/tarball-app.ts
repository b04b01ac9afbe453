import { parseTarballName, TarballNameError } from '@gateway-engine/app-package';

/** The application that a tarball is for, by its name; undefined when that is no tarball's name. */
export function appOf(tarball: string): string | undefined {
  try {
    return parseTarballName(tarball).name;
  } catch (error) {
    if (error instanceof TarballNameError) return undefined;
    throw error;
  }
}
