// Where a conductor is frozen, and what the user does before it goes on, so that whatever it still did would be seen.
import type { MovingServer } from './moving-server.ts'

export interface FencingCase {
  /** The frozen conductor is about to begin this step. */
  point: string
  ready?: { volume?: boolean; port?: boolean }
  /** What the server has to be first. */
  first?: object
  begin(server: MovingServer): Promise<void>
  /** What is done when the other conductor has come to the end; absent: nothing. */
  next?(server: MovingServer): Promise<void>
}

const act = (json: object) => (server: MovingServer) => server.act(json)
const volume = { volume: true }
const port = { port: true }

/** A power operation that is taken back. */
function power(kind: string, step: string, wanted: string, back?: string, first?: string): FencingCase {
  const action = (name: string) => (name === 'reboot' ? { reboot: { type: 'HARD' } } : { [name]: null })
  return {
    point: `${kind} step ${step} begin`,
    begin: act(action(wanted)),
    ...(back === undefined ? {} : { next: act(action(back)) }),
    ...(first === undefined ? {} : { first: action(first) }),
  }
}

/** Operations on a server that stays. */
export const fencingCases: readonly FencingCase[] = [
  {
    point: 'attach-volume step attach begin',
    begin: (server) => server.attachVolume(),
    next: (server) => server.detachVolume(),
  },
  {
    point: 'detach-volume step delete-attachment begin',
    ready: volume,
    begin: (server) => server.detachVolume(),
    next: (server) => server.attachVolume(),
  },
  {
    point: 'attach-interface step plug begin',
    begin: (server) => server.attachPort(),
    next: (server) => server.detachPort(),
  },
  {
    point: 'detach-interface step release begin',
    ready: port,
    begin: (server) => server.detachPort(),
    next: (server) => server.attachPort(),
  },
  ...['prepare', 'migrate', 'arrive', 'activate-bindings', 'disconnect'].map((step) => ({
    point: `live-migration step ${step} begin`,
    ready: { ...volume, ...port },
    begin: (server: MovingServer) => server.migrate('live'),
    next: (server: MovingServer) => server.migrate('live'),
  })),
  power('stop-server', 'power-off', 'os-stop', 'os-start'),
  power('start-server', 'power-on', 'os-start', 'os-stop', 'os-stop'),
  power('reboot-server', 'reboot', 'reboot'),
  power('pause-server', 'pause', 'pause', 'unpause'),
  power('unpause-server', 'unpause', 'unpause', 'pause', 'pause'),
  power('suspend-server', 'suspend', 'suspend', 'resume'),
  power('resume-server', 'resume', 'resume', 'suspend', 'suspend'),
]
