import { DeviceApiError } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { type Finding, failed, ok, skipped } from '../finding.ts';
import { isAnswer, type PlatformFacts } from './platform-facts.ts';

/** Whether the platform answers, and knows this gateway. */
export function judgePlatform(facts: PlatformFacts | { readonly unknown: string }): Finding[] {
  if ('unknown' in facts) {
    return [
      failed(
        'platform.reachable',
        facts.unknown,
        'configure and activate the gateway: gwe enroll --server URL --product ID --serial SN',
      ),
      skipped('platform.activation', facts.unknown),
    ];
  }
  return [judgeReach(facts), judgeActivation(facts)];
}

function judgeReach({ server, time }: PlatformFacts): Finding {
  const name = 'platform.reachable';
  if ('value' in time) return ok(name, `${server} answers`);
  const found = `${server}: ${describeError(time.error)}`;
  return isAnswer(time.error)
    ? failed(
        name,
        found,
        'something answers there that is no platform of this kind: look at the address, gwe --engine-conf',
      )
    : failed(
        name,
        found,
        'the checks of the network say how far the way leads; the engine tries again by itself',
      );
}

function judgeActivation({ server, key, read }: PlatformFacts): Finding {
  const name = 'platform.activation';
  if (key === 'unreadable') return skipped(name, 'Gateway.cfg cannot be read');
  if (key === 'none') {
    return failed(
      name,
      'the gateway has no CIK: it is not activated',
      'gwe enroll says what keeps it from that',
    );
  }
  if (key === 'bad') {
    return failed(
      name,
      'what stands as cik in Gateway.cfg is no CIK, which has 40 lowercase hex digits',
      "take it out, so that the gateway is activated anew: gwe --set-cik ''",
    );
  }
  if (!read) return skipped(name, `${server} cannot be reached`);
  if ('value' in read) return ok(name, 'the gateway is activated, and its CIK is accepted');
  const { error } = read;
  if (error instanceof DeviceApiError && error.status === 401) {
    return failed(
      name,
      `${server} does not accept the CIK`,
      'enable the device anew at the platform (gwe-platform device enable PRODUCT SN), then: gwe enroll; if the platform is another one than before, that device has to be added there',
    );
  }
  if (error instanceof DeviceApiError && error.status === 403) {
    return failed(name, `${server} has locked the device`, 'the operator of the platform can unlock it');
  }
  return failed(
    name,
    `the CIK cannot be tried: ${describeError(error)}`,
    'try again; if it stays, look at the log of the platform',
  );
}
