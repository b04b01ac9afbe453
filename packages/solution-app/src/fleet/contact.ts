import type { Device } from '@gateway-engine/platform/admin-api';

/**
 * How long ago a gateway was heard of, as an operator thinks of it. A gateway that waits by long poll is heard of at
 * least every five minutes; one that only checks in, every four hours by default.
 */
export type Contact = 'online' | 'quiet' | 'silent' | 'never';

const ONLINE_FOR = 6 * 60;
const QUIET_FOR = 4 * 60 * 60 + 15 * 60;

export function contactOf(device: Pick<Device, 'last_contact'>, now: number): Contact {
  if (device.last_contact === null) return 'never';
  const age = now - device.last_contact;
  return age <= ONLINE_FOR ? 'online' : age <= QUIET_FOR ? 'quiet' : 'silent';
}

export const contactMeaning: Record<Contact, string> = {
  online: 'heard of within the last 6 minutes',
  quiet: 'heard of within the last 4 hours, the default check-in interval',
  silent: 'not heard of for more than 4 hours',
  never: 'has never been in contact',
};

export const statusMeaning: Record<Device['status'], string> = {
  notactivated: 'not activated yet',
  activated: 'activated',
  expired: 'activation window over',
  locked: 'disabled',
};
