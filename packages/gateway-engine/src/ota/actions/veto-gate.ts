import { ManifestError } from '@gateway-engine/app-package';
import { runHook } from '../../apps/hooks.ts';
import { manifestOrError } from '../../apps/installed-manifest.ts';
import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { known, refused, type Step, waits } from './step.ts';

/**
 * Asks the version that runs whether it may be updated now: its pre_update.sh knows what the machine is doing. It is
 * asked again each minute for as long as it wants to wait. Whoever stands at the gateway is told instead, and need not
 * ask to go back to the version before.
 */
export async function vetoed(
  install: Install,
  { journal, files, layout }: OtaParts,
  signal: AbortSignal,
): Promise<Step | undefined> {
  const { name, version, contents } = known(install);
  const app = journal.app(name);
  if (!app || contents.manifest?.ignore_veto || install.source === 'kept') return undefined;
  const folder = files.folder(name, app.version);
  const manifest = await manifestOrError(folder);
  if (manifest instanceof ManifestError) {
    const text = `nothing was touched: version ${app.version}, which is installed, could not be brought back: ${manifest.message}`;
    return refused('package', `${text}; remove ${name} and install it again`);
  }
  const result = await runHook(
    layout,
    {
      name,
      version: app.version,
      folder,
      manifest,
      hook: 'pre_update.sh',
      variables: { GWE_NEW_VERSION: version },
    },
    { signal },
  );
  if (result.kind === 'absent' || result.kind === 'agreed') return undefined;
  const said = result.output.trim() === '' ? '' : `: ${result.output.trim()}`;
  if (result.kind === 'failed') return refused('veto', `${result.problem}${said}`);
  const text = `version ${app.version} asks for a later time (pre_update.sh)${said}`;
  return install.facts.instruction === undefined ? refused('veto', text) : waits({ for: 'veto', text });
}
