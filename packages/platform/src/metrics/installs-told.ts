export type InstallOutcome = 'installed' | 'rolled-back' | 'failed';

/** How the engine begins what it tells of an install that has ended. */
const verdict = /^\S{1,200}\.tar\.gz: (installed|not installed|failed)(?=$|[:,])/gm;
const outcomes: Readonly<Record<string, InstallOutcome>> = {
  installed: 'installed',
  'not installed': 'rolled-back',
  failed: 'failed',
};

/** The outcomes of installs that a `fetch_status` tells: it is a text for people, of one or more installs. */
export function installsTold(text: string): InstallOutcome[] {
  return Array.from(text.matchAll(verdict), ([, word = '']) => outcomes[word] ?? 'failed');
}
