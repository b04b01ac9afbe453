/** The programs that a package of the engine has in its `bin/`. */
export const enginePrograms = ['gwe', 'gmq', 'gdc', 'gwe-supervisord', 'gwe-supervisorctl'] as const;

/** What a package may have beside them. */
export const morePrograms = ['gwe-platform'] as const;

/** How often a version on probation may be started before the one before it takes its place. */
const mostStarts = 3;

/**
 * The script in `bin/` that runs a program of the engine's current version (see EngineSlots). Plain POSIX shell: it must
 * work whatever is wrong with the version it starts.
 *
 * gwe without arguments, and the supervisor, are daemons: during a trial each of their starts is counted. gwe gets a
 * guard beside it, which ends it when the trial is not over in time, for instance since it hangs.
 */
export function startScript(home: string, name: string): string {
  const isDaemon = name === 'gwe' ? '[ $# -eq 0 ]' : name === 'gwe-supervisord' ? 'true' : 'false';
  const guard = name === 'gwe' ? guardLines : '';
  return `#!/bin/sh
: "\${GWE_HOME:=${home}}"
export GWE_HOME
engine=$GWE_HOME/engine
read -r slot < "$engine/current" || { echo "${name}: $engine/current does not name a version of the engine; install it again" >&2; exit 1; }
if ${isDaemon} && [ -r "$engine/trial" ]; then
  { read -r version; read -r previous; read -r seconds; } < "$engine/trial"
  if [ "$slot" = "$version" ]; then
    echo start >> "$engine/trial.starts.${name}"
    starts=$(grep -c start "$engine/trial.starts.${name}")
    if [ "\${starts:-0}" -gt ${mostStarts} ]; then
      [ -s "$engine/trial.reason" ] || echo "${name} was started ${mostStarts} times and has ended each time" > "$engine/trial.reason"
      # On a full disk there is room for this.
      rm -f "$GWE_HOME/var/reserve"
      echo "$previous" > "$engine/current.new" && sync && mv -f "$engine/current.new" "$engine/current" &&
        mv -f "$engine/trial" "$engine/trial.failed" && slot=$previous
      sync
    fi${guard}
  fi
fi
GWE_ENGINE_SLOT=$slot
export GWE_ENGINE_SLOT
${name === 'gmq' ? smallHeap : ''}exec "$engine/$slot/bin/${name}" "$@"
`;
}

/** The queue's heap grows as on a machine of 75 MB, whatever this one has. It starts no program that would inherit it. */
const smallHeap = 'export BUN_JSC_forceRAMSize=75000000\n';

const guardLines = `
    if [ "$slot" = "$version" ]; then
      # Ends with its parent, which gwe is by then: it looks whose child it still is.
      sh -c 'sleep "$1"; read -r _ _ _ parent _ < /proc/$$/stat
        [ "$parent" = "$2" ] && [ -f "$3/trial" ] || exit 0
        echo "it had not checked in with its queue running within $1 s" > "$3/trial.reason"
        for _ in 1 2 3; do echo start; done > "$3/trial.starts.gwe"
        kill -9 "$2"' guard "$seconds" $$ "$engine" < /dev/null > /dev/null 2>&1 &
    fi`;
