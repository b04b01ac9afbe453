import { type Finding, failed, ok, skipped, warning } from '../finding.ts';
import type { TrustFacts } from './trust-facts.ts';

const soonSeconds = 14 * 86_400;

/** Whether only signed updates are taken, and the metadata they are judged by is fresh. `now`: milliseconds since 1970. */
export function judgeTrust(facts: TrustFacts | { readonly unknown: string }, now: number): Finding[] {
  if ('unknown' in facts) {
    return ['verify', 'root', 'metadata'].map((each) => skipped(`trust.${each}`, facts.unknown));
  }
  return [judgeVerify(facts), judgeRoot(facts), judgeMetadata(facts, Math.floor(now / 1000))];
}

function judgeVerify({ verify, configured, pinned }: TrustFacts): Finding {
  const name = 'trust.verify';
  if (verify === 'off') {
    return warning(
      name,
      'verify = off in [ota] of Engine.config: any package is installed, whoever made it',
      "take that line out, or set it to required, when the product's packages are signed (gwe publish)",
    );
  }
  return verify === 'required' || configured !== undefined || pinned
    ? ok(name, 'only signed packages are installed')
    : warning(
        name,
        'no root is pinned yet, so that any package is installed',
        'sign the packages of the product (gwe publish); its root is then pinned with the next check-in, or at once as the one that gwe enroll --root-sha256 HEX names',
      );
}

function judgeRoot({ configured, pinned }: TrustFacts): Finding {
  const name = 'trust.root';
  if (configured !== undefined && pinned && configured !== pinned.sha256) {
    return failed(
      name,
      `the root with sha256 ${pinned.sha256} is pinned, yet root_sha256 in Engine.config names ${configured}: nothing is installed until the platform shows that one`,
      'compare both with gwe keys export-root of the developer, and correct it: gwe --root-sha256 HEX',
    );
  }
  if (pinned) return ok(name, `pinned with sha256 ${pinned.sha256}`);
  return configured === undefined
    ? skipped(name, 'no root is pinned, nor is one configured')
    : warning(
        name,
        `the root with sha256 ${configured} is configured, and not pinned yet`,
        'it is pinned with the first check-in that finds it at the platform: gwe publish puts it there',
      );
}

function judgeMetadata({ pinned, ends }: TrustFacts, now: number): Finding {
  const name = 'trust.metadata';
  if (!pinned?.floor) return skipped(name, 'no signed metadata has been fetched yet');
  const over = Object.entries(ends).filter(([, end]) => end <= now);
  const shown = (list: readonly (readonly [string, number])[]) =>
    list.map(([role, end]) => `${role} ${dayOf(end)}`).join(', ');
  const renew = 'the developer signs it anew: gwe keys renew PRODUCT';
  const lasting = over.filter(([role]) => role === 'root' || role === 'targets');
  if (lasting.length > 0) {
    return failed(
      name,
      `expired, by this gateway's clock: ${shown(lasting)}; updates are refused`,
      `${renew}; and look at the clock`,
    );
  }
  // The platform signs these two by itself, for days; an older copy here says only that nothing was asked for since.
  const soon = Object.entries(ends).filter(
    ([role, end]) => (role === 'root' || role === 'targets') && end - now < soonSeconds,
  );
  if (soon.length > 0) return warning(name, `expires soon: ${shown(soon)}`, renew);
  const known = Object.entries(ends);
  return known.length === 0
    ? warning(name, 'the signed metadata here is missing or torn', 'it is fetched again with the next update')
    : ok(name, `valid to: ${shown(known.filter(([role]) => role === 'root' || role === 'targets'))}`);
}

function dayOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 10);
}
