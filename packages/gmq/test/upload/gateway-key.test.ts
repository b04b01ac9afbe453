import { join } from 'node:path';
import { changeGatewayCfg } from '@gateway-engine/device-client';
import { silentLogger } from '@gateway-engine/host';
import { temporaryFolder } from '@gateway-engine/testkit';
import { expect, test } from 'vitest';
import { gatewayKey } from '../../src/upload/gateway-key.ts';

const cik = 'a'.repeat(40);
const gateway = { vendor: 'p', model: 'p', serial: 'gw' };

test('the key is given for the gateway itself, and for no other device', async () => {
  await using folder = await temporaryFolder();
  const file = join(folder.path, 'Gateway.cfg');
  expect(await gatewayKey(file, gateway, silentLogger)).toBeUndefined();
  await changeGatewayCfg(file, { vendor: 'p', model: 'p', uuid: 'gw' });
  expect(await gatewayKey(file, gateway, silentLogger)).toBeUndefined();
  await changeGatewayCfg(file, { cik });
  expect(await gatewayKey(file, gateway, silentLogger)).toBe(cik);
  expect(await gatewayKey(file, { ...gateway, serial: 'other' }, silentLogger)).toBeUndefined();
});
