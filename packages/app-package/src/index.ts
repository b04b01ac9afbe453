export { ArchiveError } from './archive-error.ts';
export { BuildCommandError, buildPackage } from './build.ts';
export {
  BuildFileError,
  buildFileKeys,
  newBuildFile,
  parseBuildFile,
  readBuildFile,
  writeBuildFile,
} from './build-file.ts';
export { type ArchiveEntry, staysInside } from './entry-rules.ts';
export type { ByteSource } from './gunzip.ts';
export { gunzippedLength } from './gunzipped-length.ts';
export {
  type HookName,
  hookNames,
  inspectTarball,
  type PackageContents,
  type PackageKind,
} from './inspect.ts';
export { type ConfigEntry, configName, isReservedConfigName } from './manifest/config-schema.ts';
export { engineServes } from './manifest/engine-version.ts';
export { manifestJsonSchema } from './manifest/json-schema.ts';
export { type Manifest, parseManifest } from './manifest/manifest.ts';
export { ManifestError } from './manifest/manifest-error.ts';
export { type GatewayFacts, needsOf, sameNeeds, unmetDependencies, unmetNeeds } from './manifest/needs.ts';
export { programOptions } from './manifest/program-options.ts';
export { compareVersions, versionServes } from './manifest/version-pattern.ts';
export { packFiles } from './pack.ts';
export { readArchive } from './read-archive.ts';
export { parseSupervisorConf, rewriteSupervisorConf, SupervisorConfError } from './supervisor-conf.ts';
export {
  formatTarballName,
  parseTarballName,
  problemOfAppName,
  type TarballName,
  TarballNameError,
} from './tarball-name.ts';
export {
  claimedStatement,
  FileSignatureError,
  type FileStatement,
  longestSignature,
  signFile,
  verifySignature,
} from './trust/file-signature.ts';
export { sha256Of } from './trust/fingerprint.ts';
export { type KeyFacts, KeyFileError, openKey, readKeyFacts, sealKey } from './trust/key-file.ts';
export { type MetadataProblem, type MetadataRole, TrustedMetadataError } from './trust/metadata-error.ts';
export { limitsOfMetadata, type MetadataLimits } from './trust/metadata-limits.ts';
export type { SignedFacts } from './trust/read-metadata.ts';
export type { RoleKeys, RootFacts } from './trust/root-roles.ts';
export {
  type ListedFile,
  type NewMetadata,
  type NewRoot,
  signRoot,
  signSnapshot,
  signTargets,
  signTimestamp,
} from './trust/sign.ts';
export type { SignedTarget } from './trust/signed-target.ts';
export { keyIdOf, newKey, SigningKey, TufKey } from './trust/signing-key.ts';
export { Needs, TargetCustom } from './trust/target-custom.ts';
export {
  type NamedFile,
  TrustedMetadata,
  type TrustOptions,
  type VersionFloor,
} from './trust/trusted-metadata.ts';
