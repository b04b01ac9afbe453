import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { npmPackage } from '@gateway-engine/testkit';
import { bunVersion } from './compile.ts';

interface Bom {
  metadata: { timestamp?: string; component: { name: string; version: string } };
  components: { name: string; version: string; type: string; purl?: string }[];
}

/**
 * What the executable is made of, as a CycloneDX document: what the lock file has beside what is for development only,
 * and Bun. The same for the same lock file.
 */
export function makeSbom(root: string, version: string, time: number): string {
  const tool = join(npmPackage('@cyclonedx/cyclonedx-npm', '6.0.1'), 'bin', 'cyclonedx-npm-cli.js');
  const options = [
    '--omit',
    'dev',
    '--package-lock-only',
    '--output-reproducible',
    '--mc-type',
    'application',
  ];
  const text = execFileSync(process.execPath, [tool, ...options], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const bom = JSON.parse(text) as Bom;
  bom.metadata.timestamp = new Date(time * 1000).toISOString();
  Object.assign(bom.metadata.component, { name: 'gateway-engine', version });
  bom.components.push({
    type: 'platform',
    name: 'bun',
    version: bunVersion,
    purl: `pkg:npm/bun@${bunVersion}`,
  });
  return `${JSON.stringify(bom, undefined, 1)}\n`;
}
