import { createReadStream, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Adapter, type AuthPlugin, type Session } from '@longhaul/keystoneauth'
import { tickImageName, writeTickImage } from './guest-image.ts'
import type { StateDirectory } from './state-directory.ts'

/**
 * Offers the small guest as a public image, unless it is there already.
 *
 * @param auth of an administrator, whose catalog may be older than the endpoints
 * @param url of the Image service
 * @returns its id
 */
export async function setUpImage(
  state: StateDirectory,
  session: Session,
  auth: AuthPlugin,
  url: string,
): Promise<string> {
  const glance = new Adapter({ session, auth, endpointOverride: url })
  const listed = await (
    await glance.get(`/v2/images?name=${tickImageName}`)
  ).json<{ images: { id: string; status: string }[] }>()
  for (const image of listed.images) {
    if (image.status === 'active') return image.id
    await glance.delete(`/v2/images/${image.id}`)
  }
  const file = join(state.data, 'tick.qcow2')
  await writeTickImage(file)
  try {
    const description = {
      name: tickImageName,
      disk_format: 'qcow2',
      container_format: 'bare',
      visibility: 'public',
      min_ram: 32,
    }
    const image = await (await glance.post('/v2/images', { json: description })).json<{ id: string }>()
    await glance.put(`/v2/images/${image.id}/file`, {
      headers: { 'Content-Type': 'application/octet-stream' },
      body: { open: () => createReadStream(file), length: statSync(file).size },
    })
    return image.id
  } finally {
    await rm(file, { force: true })
  }
}
