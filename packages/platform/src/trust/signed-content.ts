import { z } from 'zod';
import type { Content, Store } from '../store/port.ts';

/** As much of targets.json as says what a file has to be. It was verified when it was taken. */
const Targets = z.object({
  signed: z.object({
    targets: z.record(z.string(), z.object({ length: z.number(), hashes: z.object({ sha256: z.string() }) })),
  }),
});

/** Tells of a product's content whether the latest signed metadata lists it as it is. */
export async function signedContent(
  store: Pick<Store, 'trustFile'>,
  product: string,
): Promise<(content: Pick<Content, 'id' | 'size' | 'sha256'>) => boolean> {
  const bytes = await store.trustFile(product, 'targets');
  if (!bytes) return () => false;
  const { targets } = Targets.parse(JSON.parse(bytes.toString('utf8'))).signed;
  return ({ id, size, sha256 }) => {
    const target = Object.hasOwn(targets, id) ? targets[id] : undefined;
    return target?.length === size && target.hashes.sha256 === sha256;
  };
}
