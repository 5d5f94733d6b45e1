import { existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { alone } from './alone.ts'
import { purgeEmbeddedPostgres } from './embedded-postgres.ts'
import { guestsOf, storageDaemonsOf } from './guests.ts'
import { readProcessRecord, signalProcess, stopProcess, untilGone } from './processes.ts'
import { stateDirectory, type StateDirectory } from './state-directory.ts'
import { supervisorName } from './up.ts'

const stopDeadlineMilliseconds = 60_000

/**
 * Ends a cloud's processes, guests included; with `purge` its state directory too. Safe to repeat.
 *
 * @throws DevstackError `directory_in_use`
 * @returns whether there is a cloud, up or not; a directory without one is left as it is
 */
export async function down(root: string, options: { purge?: boolean } = {}): Promise<boolean> {
  const state = stateDirectory(root)
  return await alone(state, () => takeDown(state, options))
}

async function takeDown(state: StateDirectory, options: { purge?: boolean }): Promise<boolean> {
  const supervisor = readProcessRecord(state.run, supervisorName)
  if (!supervisor && !existsSync(state.record)) return false
  if (supervisor) {
    signalProcess(supervisor, 'SIGTERM')
    await untilGone(supervisor, stopDeadlineMilliseconds)
  }
  // Left over when the supervisor was killed before.
  for (const name of processNames(state).toReversed()) {
    const record = readProcessRecord(state.run, name)
    if (record) await stopProcess(record, { signal: name === 'postgresql' ? 'SIGINT' : 'SIGTERM' })
    rmSync(join(state.run, `${name}.pid`), { force: true })
  }
  await stopGuests(state)
  if (options.purge) {
    purgeEmbeddedPostgres(join(state.data, 'postgresql'))
    removeCloud(state)
  }
  return true
}

/** Removes what `up` wrote; the directory too, unless somebody else keeps something there. The record goes last. */
function removeCloud(state: StateDirectory): void {
  const { etc, log, run, data, cloudsYaml, openrc, record } = state
  for (const path of [etc, log, run, data, cloudsYaml, openrc, `${record}.new`, record]) {
    rmSync(path, { recursive: true, force: true })
  }
  if (readdirSync(state.root).length === 0) rmdirSync(state.root)
}

function processNames(state: StateDirectory): string[] {
  if (!existsSync(state.run)) return []
  return readdirSync(state.run)
    .filter((file) => file.endsWith('.pid'))
    .map((file) => file.slice(0, -'.pid'.length))
}

// Guests and what serves their volumes outlive their services by design; `down` is the end of the cloud, so theirs too.
async function stopGuests(state: StateDirectory): Promise<void> {
  for (const guest of guestsOf(state)) await stopProcess(guest, { graceMilliseconds: 3000 })
  for (const daemon of storageDaemonsOf(state)) await stopProcess(daemon, { graceMilliseconds: 3000 })
}
