/**
 * A full name's group and process: `name` is a process in the group of that name, `group:name` one in another; with
 * `group:*` and `group:` the process is undefined and all of the group are meant.
 */
export function splitName(fullName: string): { group: string; name: string | undefined } {
  const colon = fullName.indexOf(':');
  if (colon === -1) return { group: fullName, name: fullName };
  const name = fullName.slice(colon + 1);
  return { group: fullName.slice(0, colon), name: name === '' || name === '*' ? undefined : name };
}
