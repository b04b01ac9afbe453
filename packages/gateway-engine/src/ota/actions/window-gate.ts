import type { Install } from '../install.ts';
import type { OtaParts } from '../parts.ts';
import { formatWindow, isOpen, opensAt } from '../window.ts';
import { type Step, waits } from './step.ts';

const longestWaitMs = 60_000;

/** Outside of the hours for updates an instruction of the platform waits; a person at the gateway wants it now. */
export function outsideWindow(
  { facts, source }: Install,
  { window, clock, wallTime }: OtaParts,
): Step | undefined {
  if (!window || facts.instruction === undefined || source === 'file') return undefined;
  const now = wallTime?.() ?? clock.now();
  if (isOpen(window, now)) return undefined;
  const until = opensAt(window, now);
  const text = `updates are installed in ${formatWindow(window)} only`;
  // The wall clock may be set meanwhile.
  return waits({ for: 'window', text, until }, Math.min(until - now, longestWaitMs));
}
