import type { Install } from './install.ts';

/** What the platform, or the person at the keyboard, is told about an install that has ended. */
export function describeInstall({ source, tarball, state, facts }: Install): string {
  const lines = [`${tarball}: ${source === 'removal' ? removed(state, facts) : verdict(state, facts)}`];
  if (facts.trust?.kind === 'unsigned') lines.push(`without a signature: ${facts.trust.because}`);
  if (facts.note !== undefined) lines.push(facts.note);
  if (facts.exitStatus !== undefined && facts.exitStatus !== null && state === 'committed') {
    lines.push(`${facts.contents?.installer ?? 'the installer'} exited with status ${facts.exitStatus}`);
  }
  if (facts.output) lines.push('its output:', facts.output.trimEnd());
  return lines.join('\n');
}

function removed(state: Install['state'], { version, reason }: Install['facts']): string {
  return state === 'committed' ? `version ${version} removed` : `not removed: ${reason}`;
}

function verdict(state: Install['state'], { reason, but }: Install['facts']): string {
  switch (state) {
    case 'committed':
      return but === undefined ? 'installed' : `installed, but ${but}`;
    case 'rolled-back':
      return `not installed: ${reason}`;
    default:
      return `failed: ${reason}`;
  }
}
