import { join } from 'node:path';
import { compileExecutable, layOutPackage, ownTarget } from '@gateway-engine/release';
import { root } from './system.ts';

const work = join(root, 'release', 'build', 'e2e');

/** Compiles the executable that the tests are to run in place of the sources, and lays it out as a release has it. */
export function setup(): void {
  const build = { version: '0.1.0', commit: 'test' };
  const executable = compileExecutable(root, ownTarget(), build, work);
  layOutPackage({ root, target: ownTarget(), version: build.version, executable, time: 0 }, work);
}
