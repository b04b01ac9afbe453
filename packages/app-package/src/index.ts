export { ArchiveError, type ArchiveProblem } from './archive-error.ts';
export { type ArchiveLimits, defaultArchiveLimits } from './archive-limits.ts';
export { BuildCommandError, type BuiltPackage, buildPackage } from './build.ts';
export {
  type BuildFile,
  BuildFileError,
  buildFileKeys,
  newBuildFile,
  parseBuildFile,
  readBuildFile,
  writeBuildFile,
} from './build-file.ts';
export { type ArchiveEntry, staysInside } from './entry-rules.ts';
export type { ByteSource } from './gunzip.ts';
export { inspectTarball, type PackageContents, type PackageKind } from './inspect.ts';
export { type ArchiveItem, readArchive } from './read-archive.ts';
export { parseSupervisorConf, rewriteSupervisorConf, SupervisorConfError } from './supervisor-conf.ts';
export {
  formatTarballName,
  parseTarballName,
  problemOfAppName,
  problemOfVersion,
  type TarballName,
  TarballNameError,
} from './tarball-name.ts';
export { Needs, TargetCustom } from './trust/target-custom.ts';
