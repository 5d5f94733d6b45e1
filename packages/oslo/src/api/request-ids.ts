import type { IncomingHttpHeaders } from 'node:http'

const requestIdShape = /^req-[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

/** The id that the first service of a chain gave, from `X-Openstack-Request-Id`; anything but `req-<uuid>` is ignored. */
export function globalRequestId(headers: IncomingHttpHeaders): string | undefined {
  const value = headers['x-openstack-request-id']
  return typeof value === 'string' && requestIdShape.test(value) ? value : undefined
}

/** Both ids of a request, as `contextFromIdentity` takes them. */
export function requestIds(request: { id: string; headers: IncomingHttpHeaders }): {
  requestId: string
  globalRequestId?: string
} {
  const global = globalRequestId(request.headers)
  return global === undefined ? { requestId: request.id } : { requestId: request.id, globalRequestId: global }
}
