import { UsageError } from '@gateway-engine/host';
import { askHidden } from '../command-line/secret-input.ts';

/** Asks for a secret; what is typed is not shown. Throws UsageError when there is nobody to ask. */
export type AskSecret = (question: string) => Promise<string>;

const variable = 'GWE_KEY_PASSPHRASE';
const shortest = 8;

/** The passphrase for new keys: of the environment, or asked for twice. Throws UsageError. */
export async function newPassphrase(
  ask: AskSecret,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const given = environment[variable];
  const passphrase = given ?? (await ask('Passphrase for the new keys: '));
  if (passphrase.length < shortest) {
    throw new UsageError(`a passphrase has ${shortest} characters or more; several words are best`);
  }
  if (given === undefined && (await ask('The same passphrase again: ')) !== passphrase) {
    throw new UsageError('the two passphrases are not the same; nothing was made');
  }
  return passphrase;
}

/** The passphrase of a key that is there: of the environment, or asked for. Throws UsageError. */
export async function passphraseOf(
  key: { readonly role: string; readonly product: string; readonly id: string },
  ask: AskSecret,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  const question = `Passphrase of the ${key.role} key ${key.id.slice(0, 12)} of product ${key.product}: `;
  return environment[variable] ?? (await ask(question));
}

export const askOnTerminal: AskSecret = async (question) => {
  if (!process.stdin.isTTY) {
    throw new UsageError(`there is no terminal to ask for a passphrase; set ${variable}`);
  }
  return await askHidden(question);
};
