// Calls between the services, read back from the services' own logs.

/** One call between two parts of the cloud, as the called one logged it. */
export interface ServiceCall {
  /** Time of the answer, ISO 8601. */
  at: string
  /** The caller, from its User-Agent; `user` for a client. */
  from: string
  /** The service that logged the call. */
  to: string
  method: string
  path: string
  status: number
  /** Seconds since the user's token was issued; null when no valid user token came with the call. */
  userTokenAge: number | null
  /** Whether a valid service token came with the call. */
  serviceToken: boolean
  /** User of the token in X-Auth-Token. */
  user: string | null
  /** Audit id of the token in X-Auth-Token. */
  userTokenAuditId: string | null
  userTokenExpired: boolean
  /** User of the service token. */
  serviceUser: string | null
}

/** The log of one service. */
export interface ServiceLog {
  service: string
  text: string
}

/** Times in milliseconds since 1970, both ends included. */
export interface Period {
  from: number
  to: number
}

/** As much of a line of a service's log as is read here. */
export interface LogLine {
  time: string
  msg?: string
  [field: string]: unknown
}

interface RequestLine extends LogLine {
  method: string
  path: string
  status: number
  global_request_id?: string
  user_agent?: string
  user_token?: { audit_id?: string; user?: string; issued_at: string; expired?: boolean }
  service_token?: { user?: string }
}

const heartbeatPath = '/internal/v1/hosts/'
const healthPath = '/healthcheck'
const clientAgents = ['longhaul', 'openstack', 'python', 'curl', 'node']

/** The lines of a log that are JSON objects with a time; others, such as a stack on standard error, are left out. */
export function logLines(text: string): LogLine[] {
  return text.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return []
    try {
      const parsed = JSON.parse(line) as LogLine
      return typeof parsed.time === 'string' ? [parsed] : []
    } catch {
      return []
    }
  })
}

/** Lines of a log within a period. */
export function linesWithin(text: string, period: Period): LogLine[] {
  return logLines(text).filter((line) => {
    const time = Date.parse(line.time)
    return time >= period.from && time <= period.to
  })
}

/**
 * Every call of a period that was made for a request, or for none in particular (logins, validations), in order of time. Only
 * what changes something or goes from service to service: heartbeats, health checks and the reading of clients (polling) are
 * left out.
 *
 * @param request id that the client gave
 * @param userTokenIssuedAt when the user's token was issued: a refused call shows no token of its own
 */
export function callsFor(
  logs: readonly ServiceLog[],
  period: Period,
  request: string,
  userTokenIssuedAt?: string,
): ServiceCall[] {
  return logs
    .flatMap(({ service, text }) =>
      linesWithin(text, period)
        .filter(isRequest)
        .filter((line) => isFor(request, line))
        .map((line) => callOf(service, line))
        .map((call) => withAge(call, userTokenIssuedAt)),
    )
    .filter((call) => !call.path.startsWith(heartbeatPath) && !call.path.startsWith(healthPath))
    .filter((call) => call.from !== 'user' || (call.method !== 'GET' && call.method !== 'HEAD'))
    .toSorted((one, other) => Date.parse(one.at) - Date.parse(other.at))
}

// What a client asks for has the id of its run.
function isFor(request: string, { global_request_id: id, user_agent: agent }: RequestLine): boolean {
  return id === undefined ? callerOf(agent) !== 'user' : id === request
}

function isRequest(line: LogLine): line is RequestLine {
  return (
    line.msg === 'request' &&
    typeof line['method'] === 'string' &&
    typeof line['path'] === 'string' &&
    typeof line['status'] === 'number'
  )
}

function callOf(service: string, line: RequestLine): ServiceCall {
  const { user_token: userToken, service_token: serviceToken } = line
  return {
    at: line.time,
    from: callerOf(line.user_agent),
    to: service,
    method: line.method,
    path: line.path,
    status: line.status,
    userTokenAge: userToken ? ageOf(userToken.issued_at, line.time) : null,
    serviceToken: serviceToken !== undefined,
    user: userToken?.user ?? null,
    userTokenAuditId: userToken?.audit_id ?? null,
    userTokenExpired: userToken?.expired ?? false,
    serviceUser: serviceToken?.user ?? null,
  }
}

// Only what nova does with images and volumes carries the user's token; its own calls carry nova's.
function withAge(call: ServiceCall, issuedAt: string | undefined): ServiceCall {
  const asked = call.to === 'glance-api' || call.to === 'cinder-api'
  const refused = call.status === 401 && asked && call.from.startsWith('nova-')
  return refused && issuedAt !== undefined ? { ...call, userTokenAge: ageOf(issuedAt, call.at) } : call
}

// Keystone gives whole seconds, so an age can come out a little high, never low.
function ageOf(issuedAt: string, time: string): number {
  return Math.round((Date.parse(time) - Date.parse(issuedAt)) / 100) / 10
}

function callerOf(userAgent: string | undefined): string {
  const first = /^[^\s/]+/.exec(userAgent ?? '')?.[0] ?? 'user'
  return clientAgents.some((agent) => first.startsWith(agent)) ? 'user' : first
}
