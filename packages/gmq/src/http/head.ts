/** The headers of a request by their names in lower case. One that comes more than once has all its values. */
export type Headers = Readonly<Record<string, string | undefined>>;

/** A request as it says what it is, before its body. */
export interface Head {
  readonly method: string;
  /** What is asked for, as it was sent. */
  readonly target: string;
  readonly headers: Headers;
  /** Whether the connection stays open after the answer. */
  readonly keepAlive: boolean;
  /** Bytes of the body, or that it comes in chunks. */
  readonly framing: number | 'chunked';
  /** Whether the body comes only after a 100. */
  readonly expectsContinue: boolean;
}

const requestLine = /^([A-Z]{1,20}) ([\x21-\x7e\x80-\xff]+) HTTP\/1\.([01])$/;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is those that may not be there.
const forbidden = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Reads the head of an HTTP/1 request (RFC 9112), Latin-1 without the empty line at its end. A number is the status to
 * refuse it with: what can be read in two ways is not read at all. A host is not asked for, since programs that write
 * HTTP by hand leave it out; versions beyond 1.1 are not known.
 */
export function parseHead(text: string): Head | 400 | 501 {
  const lines = text.split('\r\n');
  const [, method, target, minor] = requestLine.exec(lines[0] ?? '') ?? [];
  if (method === undefined || target === undefined) return 400;
  const headers = parseHeaders(lines);
  if (!headers) return 400;
  const framing = framingOf(headers);
  if (framing === 400 || framing === 501) return framing;
  return {
    method,
    target,
    headers,
    framing: framing.of,
    keepAlive: staysOpen(headers.connection, minor),
    expectsContinue: headers.expect !== undefined && headers.expect.toLowerCase() === '100-continue',
  };
}

function parseHeaders(lines: readonly string[]): Headers | undefined {
  const headers: Record<string, string | undefined> = Object.create(null);
  for (let index = 1; index < lines.length; index++) {
    const line = lines[index] ?? '';
    const colon = line.indexOf(':');
    const name = line.slice(0, Math.max(colon, 0));
    if (!headerName.test(name) || forbidden.test(line)) return undefined;
    const key = name.toLowerCase();
    const before = headers[key];
    const value = trimBlanks(line.slice(colon + 1));
    headers[key] = before === undefined ? value : `${before}, ${value}`;
  }
  return headers;
}

function framingOf(headers: Headers): { readonly of: Head['framing'] } | 400 | 501 {
  const coding = headers['transfer-encoding'];
  const length = headers['content-length'];
  if (coding !== undefined) {
    if (length !== undefined) return 400;
    return coding.toLowerCase() === 'chunked' ? { of: 'chunked' } : 501;
  }
  if (length === undefined) return { of: 0 };
  return /^\d{1,15}$/.test(length) ? { of: Number(length) } : 400;
}

function staysOpen(connection: string | undefined, minor: string | undefined): boolean {
  if (connection === undefined) return minor === '1';
  const wishes = connection.toLowerCase().split(',').map(trimBlanks);
  return minor === '1' ? !wishes.includes('close') : wishes.includes('keep-alive');
}

/** Without blanks and tabs around it. Not `trim`: the last byte of a letter in UTF-8 may look like a wide blank. */
export function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t]+$/g, '');
}
