import { conflict, notFound } from '@longhaul/oslo/api'

/** Nova's sentences, which clients and tests read. */
export function serverMissing(id: string) {
  return notFound(`Instance ${id} could not be found.`, { code: 'server_not_found' })
}

/** @param action Nova's name of the action, such as `createImage` */
export function stateForbids(
  server: { id: string; vm_state: string; task_state: string | null },
  action: string,
) {
  const [attribute, value] =
    server.task_state === null ? ['vm_state', server.vm_state] : ['task_state', server.task_state]
  return conflict(`Cannot '${action}' instance ${server.id} while it is in ${attribute} ${value}`, {
    code: 'server_state_forbids',
  })
}
