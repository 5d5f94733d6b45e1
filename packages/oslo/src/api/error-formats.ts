/** What a format makes a body of. */
export interface ErrorFacts {
  status: number
  /** Our own literal; only formats that have a place for it show it. */
  code: string
  title: string
  message: string
  extra?: Record<string, unknown> | undefined
}

/** Makes the body of an error answer, each service in the form that its clients expect. */
export type ErrorFormat = (error: ErrorFacts) => unknown

/**
 * Identity: `{"error": {"code": 404, "title": "Not Found", "message": "…"}}`.
 *
 * @see https://docs.openstack.org/api-ref/identity/v3/
 */
export const identityErrorFormat: ErrorFormat = ({ status, title, message, extra }) => ({
  error: { code: status, ...extra, message, title },
})

/**
 * Compute's and block storage's name for each status; any other is a `computeFault`.
 *
 * @see openstack/nova nova/api/openstack/wsgi.py, Fault
 */
const faultNames: Record<number, string> = {
  400: 'badRequest',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'itemNotFound',
  405: 'badMethod',
  409: 'conflictingRequest',
  413: 'overLimit',
  415: 'badMediaType',
  429: 'overLimit',
  501: 'notImplemented',
  503: 'serviceUnavailable',
}

/** Compute: `{"itemNotFound": {"code": 404, "message": "…"}}`. */
export const computeErrorFormat: ErrorFormat = ({ status, message, extra }) => ({
  [faultNames[status] ?? 'computeFault']: { code: status, message, ...extra },
})

/** Image: `{"code": "404 Not Found", "title": "Not Found", "message": "…"}`, what Glance sends when JSON is asked for. */
export const imageErrorFormat: ErrorFormat = ({ status, title, message }) => ({
  message,
  code: `${status} ${title}`,
  title,
})

/** What Networking calls an error that no exception of its own stands behind. */
const exceptionNames: Record<number, string> = {
  400: 'HTTPBadRequest',
  401: 'HTTPUnauthorized',
  403: 'HTTPForbidden',
  404: 'HTTPNotFound',
  405: 'HTTPMethodNotAllowed',
  409: 'HTTPConflict',
  412: 'HTTPPreconditionFailed',
  413: 'HTTPRequestEntityTooLarge',
  415: 'HTTPUnsupportedMediaType',
  503: 'HTTPServiceUnavailable',
}

/**
 * Networking: `{"NeutronError": {"type": "NetworkNotFound", "message": "…", "detail": ""}}`. The type is the error's code if
 * that is the name of an exception, and one for the status otherwise.
 *
 * @see openstack/neutron neutron/api/api_common.py, convert_exception_to_http_exc
 */
export const networkErrorFormat: ErrorFormat = ({ status, code, message }) => {
  const named = /^[A-Z]/.test(code) ? code : undefined
  const refused = code === 'policy_denied' ? 'PolicyNotAuthorized' : undefined
  const type = named ?? refused ?? exceptionNames[status] ?? 'HTTPInternalServerError'
  return { NeutronError: { type, message, detail: '' } }
}
