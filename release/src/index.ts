export { compileExecutable } from './compile.ts';
export { packDebian } from './debian-package.ts';
export { type Contents, layOutPackage, packTarball } from './release-package.ts';
export { ownTarget, type TargetName, targets } from './targets.ts';
