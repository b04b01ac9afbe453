export type { Reply, Values } from './answers.ts';
export {
  type CallOptions,
  DeviceClient,
  type DeviceClientOptions,
  type ProductName,
} from './device-client.ts';
export { DeviceApiError, NetworkError, ProtocolError, TimeoutError } from './errors.ts';
export {
  changeGatewayCfg,
  type GatewayCfg,
  gatewayCfgTemplate,
  gatewayCfgText,
  parseGatewayCfg,
  readGatewayCfg,
} from './gateway-cfg.ts';
export { defaultServer } from './server-address.ts';
export type { Traffic } from './traffic.ts';
