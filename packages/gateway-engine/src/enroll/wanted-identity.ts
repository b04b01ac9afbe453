import type { GatewayCfg } from '@gateway-engine/device-client';
import { UsageError } from '@gateway-engine/host';

/** What was asked for; undefined: as it is. */
export interface WantedIdentity {
  readonly product: string | undefined;
  readonly serial: string | undefined;
}

/** What is another than before, for people. */
export interface Change {
  readonly what: 'product' | 'serial number';
  readonly from: string | undefined;
  readonly to: string;
}

/**
 * What becomes of the gateway's identity. Throws UsageError when it has a key of another one and that is not to be
 * dropped (`force`), and when it would have none.
 */
export function changesOf(before: GatewayCfg, wanted: WantedIdentity, force: boolean): Change[] {
  const product = wanted.product ?? before.model;
  const serial = wanted.serial ?? before.uuid;
  if (product === undefined) throw new UsageError('say which product this gateway is of: --product ID');
  if (serial === undefined) {
    throw new UsageError(
      'this gateway has no serial number yet: give --serial SN, or --iface IFACE for the MAC address of an interface',
    );
  }
  const changes: Change[] = [];
  const isSame = before.model === product && before.vendor === (wanted.product ?? before.vendor);
  if (!isSame) changes.push({ what: 'product', from: productOf(before), to: product });
  if (before.uuid !== serial) changes.push({ what: 'serial number', from: before.uuid, to: serial });
  const replaced = changes.filter(({ from }) => from !== undefined);
  if (before.cik !== undefined && replaced.length > 0 && !force) {
    throw new UsageError(
      `this gateway is enrolled already; ${replaced.map(describeChange).join(', ')}: with --force it becomes that one, and its CIK is dropped`,
    );
  }
  return changes;
}

/** A vendor and a model of their own are no product of one name. */
function productOf({ vendor, model }: GatewayCfg): string | undefined {
  return vendor === undefined || model === undefined || vendor === model ? model : `${vendor} ${model}`;
}

export function describeChange({ what, from, to }: Change): string {
  return from === undefined ? `${what} ${quoted(to)}` : `${what} ${quoted(to)} in place of ${quoted(from)}`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
