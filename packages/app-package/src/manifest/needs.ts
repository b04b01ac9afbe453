import { isDeepStrictEqual } from 'node:util';
import type { Needs } from '../trust/target-custom.ts';
import { engineServes } from './engine-version.ts';
import type { Manifest } from './manifest.ts';
import { versionServes } from './version-pattern.ts';

/** What an application needs of the gateway, as its `gwe.json` says; undefined when it needs nothing. */
export function needsOf(manifest: Manifest | undefined): Needs | undefined {
  if (!manifest) return undefined;
  const { engine, architectures, depends } = manifest;
  const needs: Needs = {
    ...(engine !== undefined && { engine }),
    ...(architectures !== undefined && { architectures }),
    ...(depends.length > 0 && { depends }),
  };
  return Object.keys(needs).length === 0 ? undefined : needs;
}

/** Whether what was signed of an application's needs is what its `gwe.json` says. */
export function sameNeeds(signed: Needs | undefined, manifest: Manifest | undefined): boolean {
  return isDeepStrictEqual(withoutNothing(signed), withoutNothing(needsOf(manifest)));
}

function withoutNothing({ engine, architectures, depends = [] }: Needs = {}): unknown {
  return { engine, architectures, depends };
}

/** What a gateway has, against which needs are held. */
export interface GatewayFacts {
  readonly engineVersion: string;
  /** As `process.arch` names it. */
  readonly architecture: string;
  /** The version of an application that is installed; undefined when it is not. */
  readonly installed: (name: string) => string | undefined;
}

/** What is missing for these needs, in words with what is there; empty when nothing is. */
export function unmetNeeds(needs: Needs | undefined, gateway: GatewayFacts): string[] {
  if (!needs) return [];
  const missing: string[] = [];
  if (needs.engine !== undefined && !engineServes(gateway.engineVersion, needs.engine)) {
    missing.push(`it needs Gateway Engine ${needs.engine} or later, and this is ${gateway.engineVersion}`);
  }
  if (needs.architectures && !needs.architectures.includes(gateway.architecture)) {
    missing.push(`it is for ${needs.architectures.join(', ')}, and this gateway is ${gateway.architecture}`);
  }
  return [...missing, ...unmetDependencies(needs, gateway)];
}

/** The dependencies among these needs that are not met, in words. */
export function unmetDependencies(
  needs: Needs | undefined,
  gateway: Pick<GatewayFacts, 'installed'>,
): string[] {
  return (needs?.depends ?? []).flatMap(({ name, versions }) => {
    const version = gateway.installed(name);
    if (version !== undefined && versionServes(version, versions)) return [];
    const wanted = versions.length === 0 ? name : `${name} ${versions.join(' or ')}`;
    return [
      `it needs ${wanted}, and ${version === undefined ? 'that is not installed' : `version ${version} is installed`}`,
    ];
  });
}
