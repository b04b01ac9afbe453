import type { ProductResource } from '@gateway-engine/device-api';

/**
 * What the platform keeps, as a port. One contract suite runs over every implementation.
 *
 * Every promise resolves only after the change is on disk; each that changes something may reject with StoreError `FULL`
 * when there is no room for it. Times are whole seconds since 1970 unless said otherwise.
 * CIKs, tokens and passwords come in as text and are stored as hashes; no call gives one back.
 */
export interface Store {
  // Products
  /** Rejects with StoreError `EXISTS`. */
  createProduct(product: { id: string; resources: readonly ProductResource[] }): Promise<Product>;
  products(): Promise<Product[]>;
  product(id: string): Promise<Product | undefined>;

  // Devices
  /**
   * Adds a device with the resources of its product and opens its activation window until `windowEnds`.
   * Rejects with StoreError `EXISTS` or `NO_PRODUCT`.
   */
  addDevice(device: { product: string; sn: string; windowEnds: number }): Promise<Device>;
  devices(product: string): Promise<Device[]>;
  device(product: string, sn: string): Promise<Device | undefined>;
  deviceByCik(cik: string): Promise<Device | undefined>;
  /**
   * Gives the device this CIK and closes the window, in one step: of two activations at once one wins.
   * `unknown`: no such product or serial number; `conflict`: activated already, disabled, or the window is over.
   */
  activate(request: {
    product: string;
    sn: string;
    cik: string;
    now: number;
  }): Promise<'activated' | 'unknown' | 'conflict'>;
  /**
   * Takes the device's CIK away and opens its activation window until `windowEnds`: for a gateway that lost its key,
   * or did not activate in time. Rejects with StoreError `NO_DEVICE`.
   */
  enableDevice(request: { product: string; sn: string; windowEnds: number }): Promise<Device>;
  /** Remembers when the device was last heard of. May be kept in memory for some seconds. */
  touchDevice(rid: string, at: number): Promise<void>;

  // Points
  /** The device's resources, by alias. */
  resources(rid: string): Promise<Map<string, Resource>>;
  /** Stores points of one device; a point where one exists replaces it. All of them or none. */
  storePoints(points: readonly NewPoint[]): Promise<void>;
  /** Stores a point unless there is one of its resource and second: false then, and nothing is changed. */
  storeWhereFree(point: NewPoint): Promise<boolean>;
  /** The newest point by timestamp of each resource that has one. */
  latest(resourceIds: readonly number[]): Promise<Map<number, Point>>;
  /** The oldest point with a timestamp greater than `after`. */
  oldestAfter(resourceId: number, after: number): Promise<Point | undefined>;
  /** Points from `start` to `end`, both inclusive; newest first when `sort` is `desc`. */
  history(
    resourceId: number,
    range: { start: number; end: number; limit: number; sort: 'asc' | 'desc' },
  ): Promise<Point[]>;

  // Content
  /** Makes a file that was received whole the content `id` of the product; an older one of that id is replaced. */
  putContent(content: Omit<Content, 'blob'> & { file: string }): Promise<Content>;
  contents(product: string): Promise<Content[]>;
  content(product: string, id: string): Promise<Content | undefined>;
  deleteContent(product: string, id: string): Promise<boolean>;

  // Signed metadata of products (TUF)
  /** The product's keys for what the platform signs; made by `make` when it has none yet. Rejects with `NO_PRODUCT`. */
  onlineKeys(
    product: string,
    make: () => OnlineKeys,
  ): Promise<{ readonly current: OnlineKeys; readonly next: OnlineKeys | undefined }>;
  /** Keeps keys that are to take the place of the current ones; those of an earlier call are dropped. */
  offerOnlineKeys(product: string, next: OnlineKeys): Promise<void>;
  /** The latest versions; 0 where there is none. */
  trustVersions(product: string): Promise<TrustVersions>;
  /** The bytes as they were added; the latest version when none is given. */
  trustFile(product: string, role: TrustRole, version?: number): Promise<Buffer | undefined>;
  /**
   * Adds new versions in one step, if the latest ones still are `after`: of two that build on the same, one is added.
   * `keys` become the current online ones in the same step. Of snapshot, targets and timestamp the latest few stay.
   */
  addTrustFiles(addition: {
    product: string;
    after: TrustVersions;
    files: readonly TrustFile[];
    keys?: OnlineKeys | undefined;
  }): Promise<boolean>;
  /** Products that have signed metadata. */
  trustedProducts(): Promise<string[]>;

  // People and tokens of the admin API
  createUser(user: { name: string; password: string }): Promise<void>;
  users(): Promise<string[]>;
  checkPassword(name: string, password: string): Promise<boolean>;
  /** `expires` undefined: valid for ever. */
  addToken(token: { token: string; user: string; expires: number | undefined }): Promise<void>;
  /** The user of a token that has not expired. */
  userOfToken(token: string, now: number): Promise<string | undefined>;
  /** Removes a token that has an expiry; false when there is no such one, as with one that is valid for ever. */
  endSession(token: string): Promise<boolean>;

  /** How much there is, for metrics; `onlineSince`: whoever was heard of since then is online. */
  figures(request: { onlineSince: number }): Promise<StoreFigures>;

  close(): Promise<void>;
}

export interface StoreFigures {
  readonly products: readonly ProductDevices[];
  readonly contents: { readonly count: number; readonly bytes: number };
  /** What the records take on disk, without the files of contents. */
  readonly databaseBytes: number;
}

/** The devices of a product that are in one state. */
export interface ProductDevices {
  readonly product: string;
  readonly status: DeviceStatus;
  readonly devices: number;
  readonly online: number;
}

export interface Product {
  readonly id: string;
  readonly resources: readonly ProductResource[];
  readonly created: number;
  readonly deviceCount: number;
}

export type DeviceStatus = 'notactivated' | 'activated' | 'expired' | 'locked';

export interface Device {
  /** 40 lowercase hex digits; names the device and is no secret. */
  readonly rid: string;
  readonly product: string;
  readonly sn: string;
  readonly status: DeviceStatus;
  readonly windowEnds: number;
  readonly lastContact: number | undefined;
}

export interface Resource {
  readonly id: number;
  readonly alias: string;
  readonly format: ProductResource['format'];
  readonly settable: boolean;
}

/** `value` is text, converted to the resource's format already. */
export interface Point {
  readonly ts: number;
  readonly value: string;
}

export interface NewPoint extends Point {
  readonly resourceId: number;
}

export interface Content {
  readonly product: string;
  readonly id: string;
  /** Word for word as it was uploaded. */
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  readonly updated: number;
  readonly meta: string;
  /** Path of the file with the bytes. The file never changes; an upload of the same id makes another. */
  readonly blob: string;
}

export type TrustRole = 'root' | 'targets' | 'snapshot' | 'timestamp';

/** Latest versions of a product's metadata; 0 where there is none. */
export type TrustVersions = Readonly<Record<TrustRole, number>>;

export interface TrustFile {
  readonly role: TrustRole;
  readonly version: number;
  readonly bytes: Buffer;
}

/** Secret keys of one product, hexadecimal. They are kept in the clear: the platform signs without anybody's help. */
export interface OnlineKeys {
  readonly snapshot: string;
  readonly timestamp: string;
}

export class StoreError extends Error {
  readonly code: 'EXISTS' | 'NO_PRODUCT' | 'NO_DEVICE' | 'FULL';

  constructor(code: StoreError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
