import { isCompiled } from '@gateway-engine/host';

/** The file that was started; undefined in a compiled executable, which has its script within itself. */
export function ownScript(): string | undefined {
  return isCompiled() ? undefined : process.argv[1];
}
