/** An answer that is not the documented success of a call. */
export class DeviceApiError extends Error {
  readonly code = 'HTTP_STATUS';
  readonly status: number;
  // Private, so that no log prints it along: it may hold whatever the server knows.
  readonly #body: string;

  constructor(message: string, status: number, body = '') {
    super(message);
    this.name = 'DeviceApiError';
    this.status = status;
    this.#body = body;
  }

  /** The whole text of the answer, as it came. */
  get body(): string {
    return this.#body;
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
