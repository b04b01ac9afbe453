import { UsageError } from '@gateway-engine/host';

/** Semantic Versioning without build metadata: that is the commit, which the executable says by itself. */
const semanticVersion =
  /^(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/** The one argument of both commands. */
export function readVersion(positionals: readonly string[], usage: string): string {
  const [version] = positionals;
  if (version === undefined || positionals.length > 1)
    throw new UsageError(`one version is expected\n${usage}`);
  if (!semanticVersion.test(version)) {
    throw new UsageError(
      `"${version}" is no version: expected MAJOR.MINOR.PATCH, such as 1.2.0 or 1.2.0-rc.1`,
    );
  }
  return version;
}
