import { DeviceApiError, NetworkError, ProtocolError } from '@gateway-engine/device-client';
import { describe, expect, it } from 'vitest';
import { explain } from '../../src/enroll/explain.ts';

const as = { server: 'https://platform.example', product: 'pump', serial: "o'clock" };
const now = Date.UTC(2026, 5, 1);
const lost = (code: string) =>
  new NetworkError('no answer', { cause: Object.assign(new Error(code), { code }) });

describe('why a gateway is not activated', () => {
  it.each([
    [new DeviceApiError('not found', 404), now, 'unknown-device'],
    [new DeviceApiError('conflict', 409), now, 'not-open'],
    [new DeviceApiError('broken', 500), now, 'platform'],
    [lost('CERT_NOT_YET_VALID'), now, 'clock'],
    [lost('CERT_HAS_EXPIRED'), now, 'clock'],
    [lost('CERT_SIGNATURE_FAILURE'), 0, 'clock'],
    [lost('SELF_SIGNED_CERT_IN_CHAIN'), now, 'certificate'],
    [lost('UNABLE_TO_VERIFY_LEAF_SIGNATURE'), now, 'certificate'],
    [lost('ECONNREFUSED'), now, 'network'],
    [lost('ENOTFOUND'), 0, 'network'],
    [new ProtocolError('no key'), now, 'platform'],
  ])('%s at %d is told as %s', (error, at, code) => {
    expect(explain(error, as, at).code).toBe(code);
  });

  it('gives the operator a command that a shell takes as it is meant', () => {
    const { text } = explain(new DeviceApiError('not found', 404), as, now);
    expect(text).toContain(`gwe-platform device add pump 'o'\\''clock'`);
  });

  it('shows the wrong time', () => {
    expect(explain(lost('CERT_NOT_YET_VALID'), as, 0).text).toContain('1970-01-01T00:00:00Z');
  });
});
