import { DeviceApiError } from '@gateway-engine/device-client';
import { describeError } from '@gateway-engine/host';
import { codesOf } from '../doctor/error-codes.ts';

/** Why the gateway is not activated, in a word for programs and in a sentence with what to do. */
export interface Obstacle {
  readonly code: 'unknown-device' | 'not-open' | 'clock' | 'certificate' | 'network' | 'platform';
  readonly text: string;
}

export interface EnrolledAs {
  readonly server: string;
  readonly product: string;
  readonly serial: string;
}

/** 2025: no gateway with this software has lived before. */
const earliestMs = Date.UTC(2025, 0, 1);

/** `now`: by the gateway's clock, milliseconds since 1970. */
export function explain(error: unknown, { server, product, serial }: EnrolledAs, now: number): Obstacle {
  const who = `serial number ${JSON.stringify(serial)} of product ${JSON.stringify(product)}`;
  const words = [product, serial].map(shellWord).join(' ');
  if (error instanceof DeviceApiError) {
    if (error.status === 404) {
      return {
        code: 'unknown-device',
        text: `${server} does not know ${who}; its operator adds it: gwe-platform device add ${words} (a product that is new: gwe-platform product create ${shellWord(product)})`,
      };
    }
    if (error.status === 409) {
      return {
        code: 'not-open',
        text: `${who} was activated before, by this gateway or another, or is not open for activation; if this one is the right one, the operator of ${server} opens it: gwe-platform device enable ${words}`,
      };
    }
    return { code: 'platform', text: `${server} does not activate ${who}: ${describeError(error)}` };
  }
  const codes = codesOf(error);
  const isDated = codes.some((code) => ['CERT_NOT_YET_VALID', 'CERT_HAS_EXPIRED'].includes(code));
  const shown = new Date(now).toISOString().replace(/\.\d+Z$/, 'Z');
  if (isDated || (now < earliestMs && codes.some((code) => /CERT/.test(code)))) {
    return {
      code: 'clock',
      text: `the certificate of ${server} is not valid at ${shown}, which this gateway's clock shows: set the clock (date -s, or timedatectl set-ntp true), or have that certificate renewed`,
    };
  }
  if (codes.some((code) => /CERT|SIGNED|ISSUER|VERIFY/.test(code))) {
    return {
      code: 'certificate',
      text: `the certificate of ${server} is not trusted: ${describeError(error)}; add its authority to the system's, or name its file in SSL_CERT_FILE`,
    };
  }
  if (codes.includes('PROTOCOL')) {
    return {
      code: 'platform',
      text: `what answers at ${server} is no platform: ${describeError(error)}; look at the address`,
    };
  }
  return {
    code: 'network',
    text: `${server} cannot be reached: ${describeError(error)}; gwe doctor says how far the way leads`,
  };
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
