/** The file that was started; undefined in a compiled executable, which has its script within itself. */
export function ownScript(): string | undefined {
  const script = process.argv[1];
  return script === undefined || script.startsWith('/$bunfs/') ? undefined : script;
}
