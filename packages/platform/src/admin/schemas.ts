import { z } from 'zod';

/**
 * The admin API's shapes, under `/api/v1`. The page and the command line take their types from here, and the OpenAPI
 * document is made from them. Times are whole seconds since 1970.
 */

/** Product ids and model names: 1 to 64 of `[A-Za-z0-9._-]`. Those we generate are at most 20 long. */
export const ProductId = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,64}$/, 'a product id is 1 to 64 of A-Z a-z 0-9 . _ -');
export const SerialNumber = z.string().min(1).max(128);
export const Alias = z.string().min(1).max(128);
export const ContentId = z
  .string()
  .regex(
    /^(?!\.)[^\s/\\]{1,200}$/,
    'a content id is 1 to 200 characters without blanks and slashes, no dot first',
  );

export const ErrorBody = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

// POST /session -> 201; DELETE /session -> 204
export const LoginRequest = z.object({
  username: z.string().min(1).max(200),
  password: z.string().min(1).max(1000),
});
export const LoginReply = z.object({ token: z.string(), expires: z.number().int() });

export const Resource = z.object({
  alias: Alias,
  format: z.enum(['string', 'integer', 'float']),
  settable: z.boolean(),
});

// GET /products -> ProductList; POST /products -> 201 Product, 409 when it exists
export const NewProduct = z.object({
  id: ProductId.optional(),
  /** Added to the six resources of every gateway. */
  resources: z.array(Resource).max(1000).default([]),
});
export const Product = z.object({
  id: z.string(),
  resources: z.array(Resource),
  devices: z.number().int(),
  created: z.number().int(),
});
export const ProductList = z.object({ products: z.array(Product) });

// GET /products/:product/devices -> DeviceList; POST -> 201 Device, 409 when it exists
export const NewDevice = z.object({
  sn: SerialNumber.refine(
    // A URL folds `.` and `..`, and neither the page nor a command line shows the others.
    (sn) => !/^\.{1,2}$|\p{Cc}/u.test(sn) && sn.isWellFormed(),
    'a serial number has no control characters and is neither "." nor ".."; take another one',
  ),
});
export const Device = z.object({
  product: z.string(),
  sn: z.string(),
  rid: z.string(),
  status: z.enum(['notactivated', 'activated', 'expired', 'locked']),
  last_contact: z.number().int().nullable(),
});
export const DeviceList = z.object({ devices: z.array(Device) });

// POST /products/:product/devices/:sn/enable -> Device, open for activation; its CIK is dead
// GET /products/:product/devices/:sn -> DeviceDetail: every resource with its newest value
export const Value = z.object({ value: z.string(), ts: z.number().int() });
export const DeviceDetail = Device.extend({
  resources: z.array(Resource.extend({ latest: Value.nullable() })),
});

// GET /products/:product/devices/:sn/resources/:alias -> ResourceValue, value null when it has none
export const ResourceValue = Resource.extend({ latest: Value.nullable() });
// PUT the same path {value} -> Value as stored
export const NewValue = z.object({ value: z.string().max(1024 * 1024) });

// GET /products/:product/devices/:sn/resources/:alias/history?start=&end=&limit=&sort=
export const HistoryQuery = z.object({
  start: z.coerce.number().int().default(0),
  end: z.coerce.number().int().default(Number.MAX_SAFE_INTEGER),
  limit: z.coerce.number().int().min(1).max(10_000).default(100),
  sort: z.enum(['asc', 'desc']).default('desc'),
});
export const History = z.object({ points: z.array(z.tuple([z.number().int(), z.string()])) });

// GET /products/:product/content -> ContentList
// PUT /products/:product/content/:id, raw bytes, any content type -> 201 Content (200 when it replaced one)
// DELETE -> 204
export const Content = z.object({
  id: z.string(),
  content_type: z.string(),
  size: z.number().int(),
  sha256: z.string(),
  updated: z.number().int(),
  meta: z.string(),
  /** Whether the product's signed metadata lists it, with this size and hash. */
  signed: z.boolean(),
});
export const ContentList = z.object({
  content: z.array(Content),
  /** Whether the product has a root of trust: gateways refuse what is not signed. */
  has_root: z.boolean(),
});

// GET /products/:product/trust -> Trust: what the product's gateways trust. Keys and expiry as TUF writes them.
// PUT /products/:product/trust/root, raw bytes of the next root.json -> 201 Trust
// PUT /products/:product/trust/targets, raw bytes of the next targets.json -> 201 Trust; 409 when it is not the next one
// GET /products/:product/trust/root/:version, GET /products/:product/trust/targets -> the bytes
// POST /products/:product/trust/online-keys -> 201 Trust: new keys of the platform, in force with a root that names them
export const TufKey = z.object({
  keyid: z.string(),
  key: z.object({ keytype: z.string(), scheme: z.string(), keyval: z.object({ public: z.string() }) }),
});
export const OnlineTufKeys = z.object({ snapshot: TufKey, timestamp: TufKey });
export const Trust = z.object({
  /** The platform's own keys: the next root has to name them. */
  online: OnlineTufKeys,
  /** `sha256` is that of the first root, which gateways pin. */
  root: z.object({ version: z.number().int(), sha256: z.string(), expires: z.string() }).nullable(),
  targets: z.object({ version: z.number().int(), expires: z.string() }).nullable(),
  timestamp: z.object({ version: z.number().int(), expires: z.string() }).nullable(),
});

// POST /products/:product/devices/:sn/deploy -> 200: writes engine_fetch. Unknown content: 404, nothing written.
export const AppName = z.string().min(1).max(200);
export const Deploy = z
  .object({
    install: z.array(ContentId).max(100).optional(),
    /** Names of applications. */
    remove: z.array(AppName).max(100).optional(),
    /** Names of applications whose work that is under way is to be stopped. */
    cancel: z.array(AppName).max(100).optional(),
  })
  .refine(
    ({ install = [], remove = [], cancel = [] }) => install.length + remove.length + cancel.length > 0,
    'at least one of "install", "remove" and "cancel" has to name something',
  );
export const DeployReply = z.object({
  engine_fetch: z.string(),
  ts: z.number().int(),
  /** Those that gateways refuse, since the product has a root of trust and they are not signed; left out when none is. */
  unsigned: z.array(z.string()).optional(),
});

export type ErrorBody = z.infer<typeof ErrorBody>;
export type LoginReply = z.infer<typeof LoginReply>;
export type Resource = z.infer<typeof Resource>;
export type Product = z.infer<typeof Product>;
export type ProductList = z.infer<typeof ProductList>;
export type Device = z.infer<typeof Device>;
export type DeviceList = z.infer<typeof DeviceList>;
export type DeviceDetail = z.infer<typeof DeviceDetail>;
export type ResourceValue = z.infer<typeof ResourceValue>;
export type Value = z.infer<typeof Value>;
export type History = z.infer<typeof History>;
export type Content = z.infer<typeof Content>;
export type ContentList = z.infer<typeof ContentList>;
export type TufKey = z.infer<typeof TufKey>;
export type Trust = z.infer<typeof Trust>;
export type DeployReply = z.infer<typeof DeployReply>;
