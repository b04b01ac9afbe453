/** Whether all code of this process is within one executable file (made by Bun), which has no script beside it. */
export function isCompiled(): boolean {
  return process.argv[1]?.startsWith('/$bunfs/') === true;
}
