import { contentContract } from './contract/content.ts';
import { devicesContract } from './contract/devices.ts';
import { figuresContract } from './contract/figures.ts';
import type { Opened } from './contract/opened.ts';
import { peopleAndTokensContract } from './contract/people-and-tokens.ts';
import { pointsContract } from './contract/points.ts';
import { productsContract } from './contract/products.ts';
import { signedMetadataContract } from './contract/signed-metadata.ts';

export type { Opened };

/** What every implementation of the port has to do. */
export function storeContract(name: string, open: () => Promise<Opened>): void {
  figuresContract(name, open);
  productsContract(name, open);
  devicesContract(name, open);
  pointsContract(name, open);
  contentContract(name, open);
  signedMetadataContract(name, open);
  peopleAndTokensContract(name, open);
}
