export {
  type BodyEncoding,
  bodyEncodings,
  type Capabilities,
  type DeltaForm,
  deltaForms,
  formatCapabilities,
  parseCapabilities,
  type UpdateTrustKind,
  updateTrusts,
} from './capabilities.ts';
export { EngineFetchError, formatEngineFetch, parseEngineFetch } from './engine-fetch.ts';
export { decodeForm, encodeForm, encodeFormText, FormError, type FormPart } from './form.ts';
export { gatewayAliases, gatewayResources, type ProductResource, productSpec } from './gateway-resources.ts';
export { isKey, maskKey } from './keys.ts';
export { limits } from './limits.ts';
export { formType, headers, normalisePath, paths } from './paths.ts';
export type {
  AppReport,
  BudgetWait,
  ClockState,
  DeviceInfo,
  DiskUse,
  EngineReport,
  KernelCounters,
  MemoryUse,
  MethodUsage,
  NetworkInterface,
  OtaTrust,
  PeriodUsage,
  Temperature,
  UsageReport,
} from './reports.ts';
export { parseVms, type VendorModelSerial } from './vms.ts';
