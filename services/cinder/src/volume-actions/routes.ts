import type { FastifyInstance } from 'fastify'
import type { RequestContext } from '@longhaul/oslo/context'
import { storable, type Connector } from '../connector.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { parseAction, type VolumeAction } from './schema.ts'
import type { VolumeActions } from './volume-actions.ts'

/** What connections do, as of old. */
export interface Connections {
  initialize(context: RequestContext, id: string, connector: Connector): Promise<object>
  terminate(context: RequestContext, id: string, connector: Connector | null): Promise<void>
  attach(
    context: RequestContext,
    id: string,
    request: { instanceId: string | null; hostName: string | null; mountpoint: string; mode: 'rw' | 'ro' },
  ): Promise<void>
  detach(context: RequestContext, id: string, attachmentId: string | null): Promise<void>
  forceDetach(context: RequestContext, id: string, attachmentId: string | null): Promise<void>
  reserve(context: RequestContext, id: string): Promise<void>
  unreserve(context: RequestContext, id: string): Promise<void>
  beginDetaching(context: RequestContext, id: string): Promise<void>
  rollDetaching(context: RequestContext, id: string): Promise<void>
}

interface Parts {
  actions: VolumeActions
  connections: Connections
}

interface ActionPath {
  Params: { volume_id: string }
}

/** `POST /volumes/{volume_id}/action`, relative to `/v3`. */
export function volumeActionRoutes(app: FastifyInstance, parts: Parts): void {
  const { actions, connections } = parts
  app.post<ActionPath>('/volumes/:volume_id/action', async (request, reply) => {
    const context = contextOf(request)
    const { volume_id: id } = request.params
    const action: VolumeAction = parseAction(request.body)
    switch (action.name) {
      case 'os-initialize_connection': {
        const connector = storable(action.body.connector)
        return { connection_info: await connections.initialize(context, id, connector) }
      }
      case 'os-show_image_metadata':
        return { metadata: await actions.imageMetadata(context, id) }
      case 'os-set_image_metadata':
        return { metadata: await actions.setImageMetadata(context, id, action.body.metadata) }
      case 'os-unset_image_metadata':
        await actions.unsetImageMetadata(context, id, action.body.key)
        return await reply.code(200).send()
      case 'os-extend':
        await actions.extend(context, id, action.body.new_size, versionOf(request))
        break
      case 'os-reset_status':
        await actions.resetStatus(context, id, action.body)
        break
      case 'os-force_delete':
        await actions.forceDelete(context, id)
        break
      case 'os-set_bootable':
        await actions.setBootable(context, id, action.body.bootable)
        return await reply.code(200).send()
      case 'os-update_readonly_flag':
        await actions.setReadonly(context, id, action.body.readonly)
        break
      default:
        await connect(connections, context, id, action)
    }
    return await reply.code(202).send()
  })
}

type ConnectionAction = Extract<
  VolumeAction,
  {
    name:
      | 'os-attach'
      | 'os-detach'
      | 'os-force_detach'
      | 'os-reserve'
      | 'os-unreserve'
      | 'os-begin_detaching'
      | 'os-roll_detaching'
      | 'os-terminate_connection'
  }
>

async function connect(
  connections: Connections,
  context: RequestContext,
  id: string,
  action: ConnectionAction,
): Promise<void> {
  switch (action.name) {
    case 'os-attach': {
      const { instance_uuid, host_name, mountpoint, mode } = action.body
      const target = { instanceId: instance_uuid ?? null, hostName: host_name ?? null }
      return await connections.attach(context, id, { ...target, mountpoint, mode })
    }
    case 'os-detach':
      return await connections.detach(context, id, action.body?.attachment_id ?? null)
    case 'os-force_detach':
      return await connections.forceDetach(context, id, action.body.attachment_id ?? null)
    case 'os-reserve':
      return await connections.reserve(context, id)
    case 'os-unreserve':
      return await connections.unreserve(context, id)
    case 'os-begin_detaching':
      return await connections.beginDetaching(context, id)
    case 'os-roll_detaching':
      return await connections.rollDetaching(context, id)
    case 'os-terminate_connection':
      return await connections.terminate(context, id, action.body.connector)
  }
}
