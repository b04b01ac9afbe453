export { CountingRelay } from './counting-relay.ts';
export { FakeClock } from './fake-clock.ts';
export { freePort } from './free-port.ts';
export { npmPackage } from './npm-package.ts';
export { type Runtime, runtime, runtimeCommand } from './runtimes.ts';
export { SmallDisk } from './small-disk.ts';
export { type RawEntry, rawHeader, rawTar, rawTarball } from './tarball.ts';
export { temporaryFolder } from './temporary-folder.ts';
export { waitUntil } from './wait-until.ts';
