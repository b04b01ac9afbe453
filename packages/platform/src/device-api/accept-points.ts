import type { PointStream } from '../point-stream.ts';
import type { Device, NewPoint, Resource, Store } from '../store/port.ts';
import { convertToFormat } from './formats.ts';

/** A point as somebody offers it: by alias, its value a text that is not converted yet. */
export interface OfferedPoint {
  readonly alias: string;
  /** Whole seconds since 1970. */
  readonly ts: number;
  readonly value: string;
}

/** A value that the format of its resource has no room for. Nothing of the offer was stored. */
export class UnfitValueError extends Error {
  readonly code = 'UNFIT_VALUE';
  readonly alias: string;

  constructor(resource: Pick<Resource, 'alias' | 'format'>) {
    const wanted = resource.format === 'integer' ? 'a whole number of at most 64 bits' : 'a decimal number';
    super(`the value for ${resource.alias} is not ${wanted}, which its format ${resource.format} needs`);
    this.alias = resource.alias;
  }
}

/**
 * The way by which points come into the store, whoever sends them: values are converted to the formats of the
 * device's resources, stored in one transaction, and then announced to whoever waits, oldest first.
 *
 * All of the offer is stored or, with UnfitValueError, nothing. Points of aliases that the device does not have, and
 * empty values for numbers, are left out: the answer holds what was stored.
 */
export async function acceptPoints(
  parts: { readonly store: Store; readonly points: PointStream },
  device: Pick<Device, 'rid'>,
  offered: readonly OfferedPoint[],
): Promise<NewPoint[]> {
  if (offered.length === 0) return [];
  const accepted = convertPoints(await parts.store.resources(device.rid), offered);
  if (accepted.length === 0) return [];
  await parts.store.storePoints(accepted);
  parts.points.announce(accepted.toSorted((a, b) => a.ts - b.ts));
  return accepted;
}

/**
 * As `acceptPoints` for one point, but it replaces none: `taken` when its alias has a point in its second already.
 * Undefined when it was left out.
 */
export async function acceptWhereFree(
  parts: { readonly store: Store; readonly points: PointStream },
  device: Pick<Device, 'rid'>,
  offered: OfferedPoint,
): Promise<NewPoint | 'taken' | undefined> {
  const [accepted] = convertPoints(await parts.store.resources(device.rid), [offered]);
  if (!accepted) return undefined;
  if (!(await parts.store.storeWhereFree(accepted))) return 'taken';
  parts.points.announce([accepted]);
  return accepted;
}

function convertPoints(
  resources: ReadonlyMap<string, Resource>,
  offered: readonly OfferedPoint[],
): NewPoint[] {
  const accepted: NewPoint[] = [];
  for (const { alias, ts, value } of offered) {
    const resource = resources.get(alias);
    if (!resource) continue;
    const conversion = convertToFormat(resource.format, value);
    if (conversion.kept !== undefined) accepted.push({ resourceId: resource.id, ts, value: conversion.kept });
    else if (conversion.reason === 'unfit') throw new UnfitValueError(resource);
  }
  return accepted;
}
