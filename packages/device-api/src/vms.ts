/** Who a device is: a serial number of a model of a vendor. On Murano vendor and model are both the product id. */
export interface VendorModelSerial {
  readonly vendor: string;
  readonly model: string;
  readonly serial: string;
}

/**
 * Reads the header `X-Exosite-VMS: <vendor> <model> <serial>`. Everything after the second blank is the serial
 * number. Undefined when it is malformed.
 */
export function parseVms(header: string): VendorModelSerial | undefined {
  const match = /^(\S+) +(\S+) +(\S.*)$/.exec(header.trim());
  if (!match) return undefined;
  const [, vendor, model, serial] = match;
  if (vendor === undefined || model === undefined || serial === undefined) return undefined;
  return { vendor, model, serial };
}
