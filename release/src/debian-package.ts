import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Contents } from './release-package.ts';
import { type Target, targets } from './targets.ts';

const place = '/usr/lib/gateway-engine';

/** The package's folder as a .deb: it installs by the same install.sh. Undefined for a target that is not Debian's. */
export function packDebian(
  folder: string,
  contents: Contents,
  out: string,
  compression = 'xz',
): string | undefined {
  const { debian }: Target = targets[contents.target];
  if (debian === undefined) return undefined;
  const tree = join(folder, '../../debian');
  rmSync(tree, { recursive: true, force: true });
  cpSync(folder, join(tree, place), { recursive: true, verbatimSymlinks: true });
  mkdirSync(join(tree, 'DEBIAN'));
  writeFileSync(join(tree, 'DEBIAN/control'), control(contents.version, debian));
  for (const [name, lines] of Object.entries(scripts)) {
    writeFileSync(join(tree, 'DEBIAN', name), `#!/bin/sh\nset -e\n${lines}`, { mode: 0o755 });
  }
  const file = join(out, `gateway-engine_${contents.version}_${debian}.deb`);
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', tree, file], {
    stdio: 'pipe',
    // All times in the package are no later than this one.
    env: { ...process.env, SOURCE_DATE_EPOCH: String(contents.time) },
  });
  return file;
}

function control(version: string, architecture: string): string {
  return `Package: gateway-engine
Version: ${version}
Architecture: ${architecture}
Maintainer: Gateway Engine maintainers <maintainers@gateway-engine.invalid>
Section: net
Priority: optional
Depends: libc6 (>= 2.25)
Description: hosts, updates and reports the applications of an IoT gateway
 Gateway Engine runs custom applications in any language on a Linux gateway:
 it starts and restarts them, installs and updates them over the air, queues
 their data, and reports versions, disk, memory, addresses and bandwidth.
`;
}

/** Configuration and data are kept by a removal, and go with a purge. Images are built where nothing may start. */
const scripts = {
  postinst: `[ "$1" = configure ] || exit 0
start=
if [ -x /usr/sbin/policy-rc.d ] && ! /usr/sbin/policy-rc.d gateway-engine start; then start=--no-start; fi
GWE_HOME=/opt/gateway-engine ${place}/install.sh $start
`,
  prerm: `[ "$1" = remove ] || exit 0
${place}/uninstall.sh --home /opt/gateway-engine
rm -f ${place}/gwe_install_*.log
`,
  postrm: `[ "$1" = purge ] || exit 0
rm -rf /opt/gateway-engine
`,
};
