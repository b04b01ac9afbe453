import type { SignedTarget } from '@gateway-engine/app-package';
import { TrustError, type TrustVerdict, type WantedApp } from './update-trust.ts';

/** What is signed of a tarball, unless to install it is a downgrade that nobody has signed. Throws TrustError. */
export function judgeTarget(target: SignedTarget, app: WantedApp): TrustVerdict {
  const { custom, length, sha256 } = target;
  if (app.installed && isUnpermittedDowngrade(target, app.installed)) {
    throw new TrustError(
      `version ${custom.version} of ${app.name} (release ${custom.release}) is older than version ${app.installed.version} (release ${app.installed.release}), which was installed here last; to permit that, sign it with: gwe publish --allow-downgrade-from ${app.installed.version}`,
    );
  }
  return { kind: 'signed', length, sha256, custom };
}

/** What was installed without a signature has no place in the order of releases. */
function isUnpermittedDowngrade(
  { custom }: SignedTarget,
  installed: { readonly version: string; readonly release: number | null },
): boolean {
  if (installed.release === null || custom.release >= installed.release) return false;
  const permitted = custom.downgrade_from ?? [];
  return !permitted.includes('*') && !permitted.includes(installed.version);
}
