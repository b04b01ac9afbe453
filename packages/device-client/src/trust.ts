import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as tls from 'node:tls';
import { UsageError } from '@gateway-engine/host/basics';

/** What a client of TLS trusts, and how it shows itself. */
export interface TrustOptions {
  /** Certificate authorities (PEM) to trust beside those of the runtime and of the system. */
  readonly ca?: string | Buffer | undefined;
  /**
   * Public keys (`sha256/BASE64` of the SubjectPublicKeyInfo). One of them must be in the server's chain, which must
   * be valid all the same.
   */
  readonly pins?: readonly string[] | undefined;
  /** The client's certificate, with its chain, and its key (PEM), for servers that ask for one. */
  readonly cert?: string | Buffer | undefined;
  readonly key?: string | Buffer | undefined;
  readonly passphrase?: string | undefined;
  /** The name that the server's certificate must be for, when it is not that of its address. */
  readonly serverName?: string | undefined;
}

/** Where Linux distributions keep the system's certificate authorities. */
const systemBundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** How TLS connections are secured. The authorities take a megabyte or so: clients of one process should share one. */
export class Trust {
  readonly serverName: string | undefined;
  readonly #options: TrustOptions;
  readonly #pins: ReadonlySet<string> | undefined;
  #context: tls.SecureContext | 'default' | undefined;

  /** Throws UsageError when a pin is none. */
  constructor(options: TrustOptions = {}) {
    this.#options = options;
    this.serverName = options.serverName;
    this.#pins = options.pins && new Set(options.pins.map(readPin));
    if ((options.cert === undefined) !== (options.key === undefined)) {
      throw new UsageError('a client certificate needs its key, and a key its certificate');
    }
  }

  /** Options of a TLS connection. Throws UsageError when a certificate or a key cannot be read. */
  connectOptions(): tls.ConnectionOptions {
    this.#context ??= this.#secureContext();
    return {
      ...(this.#context === 'default' ? {} : { secureContext: this.#context }),
      checkServerIdentity: (host, certificate) =>
        tls.checkServerIdentity(host, certificate) ?? this.#checkPins(certificate),
    };
  }

  #secureContext(): tls.SecureContext | 'default' {
    const { ca, cert, key, passphrase } = this.#options;
    const added = [...systemAuthorities(systemBundles), ...(ca === undefined ? [] : [ca.toString()])];
    // The runtime's own context is there once for the whole process.
    if (added.length === 0 && cert === undefined) return 'default';
    try {
      return tls.createSecureContext({
        ca: [...runtimeAuthorities(), ...added],
        ...(cert === undefined ? {} : { cert, key }),
        ...(passphrase === undefined ? {} : { passphrase }),
      });
    } catch (cause) {
      throw new UsageError('a certificate or its key cannot be used', { cause });
    }
  }

  #checkPins(certificate: tls.PeerCertificate): Error | undefined {
    if (!this.#pins) return undefined;
    const keys = [...chainOf(certificate)].map(pinOf);
    if (keys.some((key) => this.#pins?.has(key))) return undefined;
    return Object.assign(new Error(`none of the server's keys is pinned; its own is ${keys[0]}`), {
      code: 'CERT_NOT_PINNED',
    });
  }
}

/** The pin of a certificate (DER or PEM): `sha256/` and the Base64 of its public key's hash. */
export function pinOf(certificate: Buffer | string): string {
  const spki = new X509Certificate(certificate).publicKey.export({ type: 'spki', format: 'der' });
  return `sha256/${createHash('sha256').update(spki).digest('base64')}`;
}

function readPin(pin: string): string {
  const digest = /^sha256\/{1,2}([A-Za-z0-9+/]{43}=)$/.exec(pin.trim())?.[1];
  if (digest === undefined)
    throw new UsageError(`"${pin.slice(0, 60)}" is no pin: expected sha256/ and 44 digits of Base64`);
  return `sha256/${digest}`;
}

function* chainOf(certificate: tls.PeerCertificate): Generator<Buffer> {
  const seen = new Set<unknown>();
  let current: Partial<tls.DetailedPeerCertificate> | undefined = certificate;
  // A root is its own issuer.
  while (current?.raw && !seen.has(current)) {
    seen.add(current);
    yield current.raw;
    current = current.issuerCertificate;
  }
}

function runtimeAuthorities(): readonly string[] {
  // Not in Node.js before 22.15; there, the certificates of NODE_EXTRA_CA_CERTS must be given as `ca`.
  return tls.getCACertificates?.('default') ?? tls.rootCertificates;
}

/** The certificates of the first of these files that is there, without those that the runtime knows. */
export function systemAuthorities(
  bundles: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): string[] {
  const known = new Set(runtimeAuthorities().map(withoutBlanks));
  for (const file of [env.SSL_CERT_FILE ?? '', ...bundles]) {
    try {
      const found = readFileSync(file, 'utf8').match(certificates) ?? [];
      return found.filter((certificate) => !known.has(withoutBlanks(certificate)));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'EACCES' && code !== 'ENOTDIR') throw error;
    }
  }
  return [];
}

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function withoutBlanks(text: string): string {
  return text.replace(/\s+/g, '');
}
