import type { PowerState } from '../../jobs-protocol.ts'

/** QEMU's run states that are not `running`. @see QEMU, qapi/run-state.json, RunState */
const states: Readonly<Record<string, PowerState>> = {
  paused: 'paused',
  suspended: 'paused',
  prelaunch: 'paused',
  inmigrate: 'paused',
  postmigrate: 'paused',
  'finish-migrate': 'paused',
  'save-vm': 'paused',
  'restore-vm': 'paused',
  debug: 'paused',
  'io-error': 'paused',
  watchdog: 'paused',
  colo: 'paused',
  shutdown: 'shutdown',
  'internal-error': 'crashed',
  'guest-panicked': 'crashed',
}

/** Nova's word for QEMU's run state; one that a later QEMU has added counts as running. */
export function powerStateOf(runState: string): PowerState {
  return states[runState] ?? 'running'
}
