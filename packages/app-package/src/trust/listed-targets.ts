import { Targets } from '@tufjs/models';

/** JSON of the signed part of targets.json. */
export type SignedJson = Parameters<typeof Targets.fromJSON>[0];

/**
 * Targets metadata that keeps its list as the JSON it came as. The models' own class copies the whole list once for
 * each target, reading and again for each signature: 4000 releases took it 4 s here, in place of 0.1, and a gateway longer.
 * What is signed is, all the same, exactly what is read.
 */
export class ListedTargets extends Targets {
  readonly #json: SignedJson;

  /** Throws for anything that is no targets metadata, but for the targets themselves, which nobody has read yet. */
  constructor(json: SignedJson) {
    const { delegations: _notFollowed, ...rest } = json;
    const { specVersion, version, expires, unrecognizedFields } = Targets.fromJSON({ ...rest, targets: {} });
    super({ specVersion, version, expires, unrecognizedFields });
    this.#json = json;
  }

  /** The targets by path. */
  get list(): SignedJson {
    const { targets } = this.#json;
    return typeof targets === 'object' && targets !== null && !Array.isArray(targets) ? targets : {};
  }

  override toJSON(): SignedJson {
    return this.#json;
  }
}
