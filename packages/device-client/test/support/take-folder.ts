import { temporaryFolder } from '@gateway-engine/testkit';

/** For `beforeEach`: gives the test a folder of its own, which is removed after it. */
export async function takeFolder(take: (path: string) => void): Promise<() => PromiseLike<void>> {
  const folder = await temporaryFolder();
  take(folder.path);
  return () => folder[Symbol.asyncDispose]();
}
