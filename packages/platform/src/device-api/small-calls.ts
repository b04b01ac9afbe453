import { deltaForms, formatCapabilities, limits, updateTrusts } from '@gateway-engine/device-api';
import { wholeSeconds } from '@gateway-engine/host';
import type { Answer } from './answer.ts';
import type { Call, DeviceApiParts } from './call.ts';
import { decodedEncodings } from './content-encoding.ts';

/** `GET /timestamp`: the server's time in whole seconds. */
export function timestamp(parts: DeviceApiParts): Answer {
  return { status: 200, body: String(wholeSeconds(parts.clock)) };
}

/** `GET /ip`: the server's address and port as six decimal numbers, `127,0,0,1,31,144`. */
export function ownAddress(call: Pick<Call, 'request'>): Answer {
  const { localAddress = '', localPort = 0 } = call.request.socket;
  return {
    status: 200,
    headers: { 'Content-Type': 'text/plain' },
    body: sixNumbers(localAddress, localPort),
  };
}

/** The form has no room for an address of IPv6; zeros stand for one, as FTP's `PORT` has it for "unspecified". */
export function sixNumbers(address: string, port: number): string {
  const octets = /^(?:::ffff:)?(\d+)\.(\d+)\.(\d+)\.(\d+)$/i.exec(address)?.slice(1) ?? ['0', '0', '0', '0'];
  return [...octets, port >> 8, port & 255].join(',');
}

/** `GET /.well-known/gateway-engine`: what this platform can do beyond the documented API, for whoever asks. */
export function capabilities(parts: DeviceApiParts): Answer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json' },
    body: formatCapabilities({
      acceptEncoding: decodedEncodings,
      dataBodyBytes: limits.dataBodyBytes,
      updateTrust: updateTrusts,
      deltas: parts.deltas ? deltaForms : [],
    }),
  };
}
