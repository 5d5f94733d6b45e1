import type { ConnectedAttachment } from '../cinder.ts'
import type { Volume } from '../devices-protocol.ts'
import type { AgentClient } from './agent-client.ts'
import { TerminalError } from './failure.ts'

/** What the machine of a server is given, or what is taken from it. */
export interface GuestVolume {
  /** Name of the job. */
  step: string
  server: string
  volume: string
}

/** A volume as a host is told of it. @throws TerminalError `volume_not_connected` */
export function connectedVolume(id: string, { connection_info }: ConnectedAttachment): Volume {
  if (connection_info) return { id, connection_info }
  throw new TerminalError('volume_not_connected', 'cinder does not say how the volume is reached')
}

/** Gives a machine a volume; one that has it keeps it. @throws TerminalError `volume_not_connected`; as `AgentClient.job` */
export async function attachToGuest(
  agent: AgentClient,
  { step, server, volume }: GuestVolume,
  attachment: ConnectedAttachment,
  checkWish?: () => Promise<void>,
): Promise<void> {
  const params = { volume: connectedVolume(volume, attachment) }
  await agent.job({ step, kind: 'attach_volume', server, params }, checkWish)
}

/** Takes a volume from a machine. One that does not have it is fine, and so is a machine that is not there. */
export async function detachFromGuest(
  agent: AgentClient,
  { step, server, volume }: GuestVolume,
  checkWish?: () => Promise<void>,
): Promise<void> {
  try {
    await agent.job({ step, kind: 'detach_volume', server, params: { volume } }, checkWish)
  } catch (error) {
    if (!(error instanceof TerminalError) || error.code !== 'guest_absent') throw error
  }
}
