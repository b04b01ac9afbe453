import type { ClockState } from '@gateway-engine/device-api';

/** 2025: no gateway with this software has lived before. */
const earliestMs = Date.UTC(2025, 0, 1);
export const toleratedSeconds = 60;

/** How the gateway's clock stands to the platform's; `offset` in seconds, undefined when that is not known. */
export function clockState(nowMs: number, offset: number | undefined): ClockState {
  const time = Math.floor(nowMs / 1000);
  if (nowMs < earliestMs) return { time, state: 'unset', offset: offset ?? null };
  if (offset === undefined) return { time, state: 'unknown', offset: null };
  return { time, state: Math.abs(offset) > toleratedSeconds ? 'off' : 'ok', offset };
}
