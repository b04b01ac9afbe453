/** The fault codes of Supervisor's XML-RPC interface, API version 3.0. */
export const faults = {
  UNKNOWN_METHOD: 1,
  INCORRECT_PARAMETERS: 2,
  BAD_ARGUMENTS: 3,
  SIGNATURE_UNSUPPORTED: 4,
  SHUTDOWN_STATE: 6,
  BAD_NAME: 10,
  BAD_SIGNAL: 11,
  NO_FILE: 20,
  NOT_EXECUTABLE: 21,
  FAILED: 30,
  ABNORMAL_TERMINATION: 40,
  SPAWN_ERROR: 50,
  ALREADY_STARTED: 60,
  NOT_RUNNING: 70,
  SUCCESS: 80,
  ALREADY_ADDED: 90,
  STILL_RUNNING: 91,
  CANT_REREAD: 92,
} as const;

export type FaultName = keyof typeof faults;

/** The supervisor refused a call, with one of its own codes: on the wire `faultString` is `NAME: detail`. */
export class SupervisorFault extends Error {
  readonly code = 'SUPERVISOR_FAULT';
  readonly faultCode: number;
  readonly faultString: string;

  constructor(faultCode: number, faultString: string) {
    super(`the supervisor refused: ${faultString}`);
    this.faultCode = faultCode;
    this.faultString = faultString;
  }
}

export function fault(name: FaultName, detail?: string): SupervisorFault {
  return new SupervisorFault(faults[name], detail === undefined ? name : `${name}: ${detail}`);
}
