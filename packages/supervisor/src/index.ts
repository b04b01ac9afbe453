export { parseAccount } from './config/account.ts';
export { checkProgramConfig } from './config/check-program.ts';
export { ConfigError } from './config/config-error.ts';
export { loadConfig, type SupervisorConfig } from './config/supervisord.ts';
export { lookOnce } from './health/look-once.ts';
export { type ProcessState, processStates } from './states.ts';
export {
  type ConfigChanges,
  isFault,
  type ProcessInfo,
  type ProcessOutcome,
  SupervisorClient,
} from './xml-rpc/client.ts';
export { type FaultName, faults, SupervisorFault } from './xml-rpc/faults.ts';
export { SupervisorUnreachable } from './xml-rpc/http-call.ts';
