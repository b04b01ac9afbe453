/** `<APP_NAME>.v<VERSION>.tar.gz`: the name ends before the first `.v`; no white space. */
export interface TarballName {
  readonly app: string;
  readonly version: string;
}

export function parseTarballName(file: string): TarballName | undefined {
  const parts = /^([^.\s/\\]+)\.v([^\s/\\]+)\.tar\.gz$/.exec(file);
  if (parts === null || file.length > 200) return undefined;
  const [app = '', version = ''] = parts.slice(1);
  return { app, version };
}

export const tarballNameRule =
  'A tarball is named NAME.vVERSION.tar.gz without blanks, for example my_app.v2.tar.gz';
