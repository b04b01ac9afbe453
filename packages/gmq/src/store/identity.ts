import { maskKey, type VendorModelSerial } from '@gateway-engine/device-api';

/** Whose records these are, as the caller said: a device by name, or the bearer of a key. */
export type Caller = { readonly device: VendorModelSerial } | { readonly cik: string };

/** A caller that the queue has a number for. */
export interface Identity {
  readonly id: number;
  /** Undefined for a caller known by its key only: it cannot be activated. */
  readonly device: VendorModelSerial | undefined;
  readonly cik: string | undefined;
  /** Why its records do not get through at the moment. */
  readonly problem: string | undefined;
}

/** One text for each caller, to find it again. */
export function callerName(caller: Caller): string {
  if ('cik' in caller) return caller.cik;
  const { vendor, model, serial } = caller.device;
  return `${vendor} ${model} ${serial}`;
}

/** An identity for a log line: never the whole key. */
export function describeIdentity(identity: Pick<Identity, 'device' | 'cik'>): string {
  const { device } = identity;
  return device ? `${device.vendor} ${device.model} ${device.serial}` : `key ${maskKey(identity.cik ?? '')}`;
}
