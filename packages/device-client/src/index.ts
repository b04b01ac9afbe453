export { Account } from './accounting/account.ts';
export {
  type DayTotal,
  dayOf,
  type TrafficClass,
  type TrafficEntry,
  type TrafficMethod,
  type TrafficSum,
  type TrafficTotal,
  trafficClasses,
  trafficMethods,
} from './accounting/entry.ts';
export { type InterfaceCounters, interfaceCounters } from './accounting/interface-counters.ts';
export {
  type AccountedRequest,
  latestRequest,
  requestsSince,
  TrafficReadError,
  trafficTotals,
} from './accounting/read-traffic.ts';
export { trafficFile } from './accounting/traffic-file.ts';
export { TrafficLog, type TrafficLogOptions } from './accounting/traffic-log.ts';
export type { ContentInfo, PolledPoint, Reply, Values } from './answers.ts';
export { formatAmount } from './budget/amount.ts';
export { type Budget, BudgetError, type BudgetLine, parseBudget } from './budget/budget.ts';
export { BudgetGate, type BudgetGateParts, type BudgetState } from './budget/budget-gate.ts';
export type { Spent, Verdict } from './budget/verdict.ts';
export type { Pairs, Points, ProductName } from './calls.ts';
export { ownEncodings } from './compressed-body.ts';
export { DeviceClient, type OpenedContent, type SharedClientOptions } from './device-client.ts';
export { DeviceApiError, NetworkError, ProtocolError, TimeoutError } from './errors.ts';
export { Device } from './exosite/device.ts';
export { ExositeAPI, type ExositeAPIOptions } from './exosite/exosite-api.ts';
export { ResponseHandler } from './exosite/response-handler.ts';
export {
  changeGatewayCfg,
  type GatewayCfg,
  gatewayCfgTemplate,
  gatewayCfgText,
  parseGatewayCfg,
  readGatewayCfg,
} from './gateway-cfg.ts';
export { proxyFor } from './proxy.ts';
export type { RpcCall, RpcOptions, RpcResult } from './rpc.ts';
export { defaultServer } from './server-address.ts';
export type { CallOptions, DeviceClientOptions, UploadOptions } from './session.ts';
export { tlsGround } from './tls-ground.ts';
export type { Traffic } from './traffic.ts';
export { pinOf, Trust, type TrustOptions } from './trust.ts';
