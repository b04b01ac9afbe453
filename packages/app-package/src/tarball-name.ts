/** What an application package is called: `<APP_NAME>.v<VERSION>.tar.gz`. */
export interface TarballName {
  readonly name: string;
  readonly version: string;
}

/** A tarball whose name does not have the documented form. */
export class TarballNameError extends Error {
  readonly code = 'TARBALL_NAME';
}

const suffix = '.tar.gz';
const longestFileName = 255;

/**
 * Reads `<APP_NAME>.v<VERSION>.tar.gz`: the name ends before the first `.v`, the version lies between that and
 * `.tar.gz`. Both become directory names and the first a supervisor's program name, so only characters that are
 * harmless there are taken. Throws TarballNameError.
 */
export function parseTarballName(fileName: string): TarballName {
  const refuse = (problem: string) =>
    new TarballNameError(
      `"${printable(fileName)}" is no application tarball's name: ${problem}; expected <APP_NAME>.v<VERSION>.tar.gz`,
    );
  if (Buffer.byteLength(fileName) > longestFileName) throw refuse(`longer than ${longestFileName} bytes`);
  if (!fileName.endsWith(suffix)) throw refuse('it does not end in .tar.gz');
  const mark = fileName.indexOf('.v');
  if (mark === -1 || mark > fileName.length - suffix.length)
    throw refuse('it has no ".v" before its version');
  const name = fileName.slice(0, mark);
  const version = fileName.slice(mark + 2, -suffix.length);
  const problem = problemOfAppName(name) ?? problemOfVersion(version);
  if (problem !== undefined) throw refuse(problem);
  return { name, version };
}

export function formatTarballName({ name, version }: TarballName): string {
  return `${name}.v${version}${suffix}`;
}

/** What is wrong with an application's name, or undefined. */
export function problemOfAppName(name: string): string | undefined {
  if (name === '') return 'the application name is empty';
  if (!/^[A-Za-z0-9_][A-Za-z0-9_-]*$/.test(name)) {
    return 'an application name has letters, digits, hyphens and underscores only and does not start with a hyphen';
  }
  return undefined;
}

/** What is wrong with a version, or undefined. Anything but blanks and what a directory name cannot hold. */
export function problemOfVersion(version: string): string | undefined {
  if (version === '') return 'the version is empty';
  if (version === '.' || version === '..') return 'the version cannot be . or ..';
  if (!/^[\x21-\x7e]+$/.test(version) || version.includes('/')) {
    return 'a version has printable ASCII characters only, without blanks and slashes';
  }
  return undefined;
}

function printable(text: string): string {
  const shown = text.length > 80 ? `${text.slice(0, 80)}...` : text;
  return shown.replace(/[^\x20-\x7e]/g, '?');
}
