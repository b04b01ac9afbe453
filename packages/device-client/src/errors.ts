/** An answer that is not the documented success of a call. */
export class DeviceApiError extends Error {
  readonly code = 'HTTP_STATUS';
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'DeviceApiError';
    this.status = status;
  }
}

/** The server could not be reached, the connection was cut, or TLS failed; `cause` says how. */
export class NetworkError extends Error {
  readonly code = 'NETWORK';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetworkError';
  }
}

/** Nothing moved for too long. */
export class TimeoutError extends Error {
  readonly code = 'TIMEOUT';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'TimeoutError';
  }
}

/** An answer that cannot be understood. */
export class ProtocolError extends Error {
  readonly code = 'PROTOCOL';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ProtocolError';
  }
}
