import { readFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gatewayHome, parseIni, readTextIfPresent, UsageError } from '@gateway-engine/host/basics';
import type { Answer } from '../answers.ts';
import type { Call } from '../caller.ts';
import { changeGatewayCfg, type GatewayCfg, readGatewayCfg } from '../gateway-cfg.ts';
import type { CallOptions, UploadOptions } from '../session.ts';
import { ExositeAPI, type ExositeAPIOptions } from './exosite-api.ts';
import type { ResponseHandler } from './response-handler.ts';

/**
 * A device that knows who it is from a file of its own, an INI file of the form of `Gateway.cfg`. It takes up a key that
 * another program, such as the engine, puts there.
 */
export class Device extends ExositeAPI {
  /** The file with its identity. */
  readonly file: string;
  #identity: GatewayCfg;

  private constructor(file: string, identity: GatewayCfg, options: ExositeAPIOptions) {
    super(identity.cik, options);
    this.file = file;
    this.#identity = identity;
  }

  /**
   * `userAgent` names the program; without a file, the gateway's own `Gateway.cfg` is used. Without `server`, the address
   * is GDC_SERVER; else, beside a `Gateway.cfg`, that of its `Engine.config`; else the vendor's documented server.
   * Throws UsageError when there is no such file, IniError when it cannot be understood.
   */
  static async open(
    userAgent: string,
    file = join(gatewayHome(), 'etc', 'Gateway.cfg'),
    options: Omit<ExositeAPIOptions, 'userAgent' | 'vendor'> = {},
  ): Promise<Device> {
    if ((await readTextIfPresent(file)) === undefined) {
      throw new UsageError(`there is no ${file}; write vendor, model and uuid into its section [device]`);
    }
    const identity = await readGatewayCfg(file);
    const server = options.server || process.env.GDC_SERVER || (await engineServer(file));
    return new Device(file, identity, { ...options, server, vendor: identity.vendor, userAgent });
  }

  /** As the file had it when it was last read. */
  get identity(): GatewayCfg {
    return this.#identity;
  }

  /** Whether there is a key; the file is read again. */
  async activated(): Promise<boolean> {
    await this.#takeUpFile();
    return this.cik !== undefined;
  }

  /**
   * Activates the identity in the file and keeps the key there. The serial number is `uuid`, else the MAC address of
   * `iface`. Code 409: it was activated before, or is not enabled on the platform. Throws UsageError when the file names
   * no identity, and whatever keeps it from being written, before anything is sent.
   */
  async activate(options: CallOptions = {}): Promise<ResponseHandler<string>> {
    // Written once as it is: an activation cannot be done again, so the key must have a place.
    const cfg = await changeGatewayCfg(this.file, {});
    const { vendor, model } = cfg;
    if (vendor === undefined || model === undefined) {
      throw new UsageError(`${this.file} does not name vendor and model`);
    }
    const serial = cfg.uuid ?? (await macAddress(cfg.iface, this.file));
    const handler = await this.activateIdentity({ vendor, model, serial }, options);
    if (handler.result !== undefined) {
      this.#identity = await changeGatewayCfg(this.file, { cik: handler.result });
    }
    return handler;
  }

  protected override async handled<T>(
    call: Call,
    options: UploadOptions,
    meaning: (answer: Answer) => T | undefined,
  ): Promise<ResponseHandler<T>> {
    const handler = await super.handled(call, options, meaning);
    // With a wrong key nothing was done, so even a write may be sent again.
    if (handler.code !== 401 || call.withKey === false) return handler;
    // A file that cannot be read now is no reason to hide the refusal.
    const another = await this.#takeUpFile().catch(() => false);
    return another ? await super.handled(call, options, meaning) : handler;
  }

  /** Takes a key that is new in the file; whether there was one. */
  async #takeUpFile(): Promise<boolean> {
    this.#identity = await readGatewayCfg(this.file);
    const { cik } = this.#identity;
    if (cik === undefined || cik === this.cik) return false;
    this.cik = cik;
    return true;
  }
}

/** Where the engine that a `Gateway.cfg` belongs to finds its platform; its configuration stands beside it. */
async function engineServer(file: string): Promise<string | undefined> {
  if (basename(file) !== 'Gateway.cfg') return undefined;
  const engineConfig = join(dirname(file), 'Engine.config');
  const text = await readTextIfPresent(engineConfig);
  if (text === undefined) return undefined;
  const server = parseIni(text, { file: engineConfig }).get('engine')?.get('server')?.value;
  return server === "''" ? undefined : server;
}

/** In upper case with colons, the form of serial numbers. */
async function macAddress(iface: string | undefined, file: string): Promise<string> {
  if (iface === undefined)
    throw new UsageError(`${file} names neither uuid nor iface, so there is no serial number`);
  try {
    return (await readFile(`/sys/class/net/${basename(iface)}/address`, 'utf8')).trim().toUpperCase();
  } catch (cause) {
    throw new UsageError(`there is no MAC address of the interface "${iface}" in ${file}`, { cause });
  }
}
