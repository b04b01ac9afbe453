import type { AppReport } from '@gateway-engine/device-api';
import type { Install } from '../ota/install.ts';
import { subjectOf } from '../ota/subject.ts';

/** What is under way for an application. Nothing here moves by itself: each change of it is worth a report. */
export type UnderWay = Pick<AppReport, 'probation' | 'waiting'>;

/** By application, from installs that have not come to an end, in the order they were asked for. */
export function underWay(installs: readonly Install[]): ReadonlyMap<string, UnderWay> {
  const found = new Map<string, UnderWay>();
  for (const install of installs) {
    const app = subjectOf(install);
    const news = app === undefined ? undefined : newsOf(install);
    // Of several that wait, the last is what somebody wants now.
    if (app !== undefined && news) found.set(app, { ...found.get(app), ...news });
  }
  return found;
}

function newsOf({ state, facts: { version, waits } }: Install): UnderWay | undefined {
  if (state === 'probation') return version === undefined ? undefined : { probation: version };
  return waits && { waiting: waits.for };
}
