import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import * as api from '@opentelemetry/api'
import { stage } from './fixtures/stage.ts'
import {
  Adapter,
  openTelemetryHooks,
  type RequestOutcome,
  type RetryNotice,
  type SessionHooks,
} from './index.ts'

function noting() {
  const outcomes: RequestOutcome[] = []
  const retries: RetryNotice[] = []
  const hooks: SessionHooks = {
    onOutcome: (outcome) => void outcomes.push(outcome),
    onRetry: (notice) => void retries.push(notice),
  }
  return { outcomes, retries, hooks }
}

test('A program is told of each sending and why it was repeated, and of nothing secret', async (t) => {
  const { outcomes, retries, hooks } = noting()
  const { keystone, session, login, service } = await stage(t, { session: { hooks, collectTiming: true } })
  const target = await service((_request, count) => [503, 401, 200][count - 1])
  const auth = login({ authUrl: keystone.rootUrl })
  const options = { session, auth, endpointOverride: target.url, serviceType: 'compute' }
  await new Adapter({ ...options, statusCodeRetries: 1 }).get('/servers?token=very-secret')
  await assert.rejects(session.get('http://127.0.0.1:1/', { authenticated: false, connectRetries: 1 }))
  assert.deepEqual(
    outcomes.map(({ purpose, serviceType, status, error }) => purpose ?? serviceType ?? status ?? error),
    ['discovery', 'login', 'compute', 'compute', 'login', 'compute', 'connect_failure', 'connect_failure'],
  )
  assert.deepEqual(
    retries.map(({ reason, delay }) => [reason, delay]),
    [
      ['status', 0.5],
      ['unauthorized', 0],
      ['connect_failure', 0.5],
    ],
  )
  assert.ok(outcomes.every(({ seconds }) => seconds > 0 && seconds < 60))
  assert.equal(outcomes[2]?.url, `${target.url}/servers`)
  assert.doesNotMatch(inspect([outcomes, retries]), /very-secret/)
  assert.deepEqual(
    session.timings.map(({ status }) => status),
    [300, 201, 503, 401, 201, 200, undefined, undefined],
  )
  session.resetTimings()
  assert.deepEqual(session.timings, [])
})

interface Recorded {
  name: string
  attributes: Record<string, unknown>
  status?: number
  ended: boolean
}

/** The API as a program has it, with a tracer that notes its spans. */
function recordingApi() {
  const spans: Recorded[] = []
  const tracer = {
    startActiveSpan: <T>(
      name: string,
      { attributes }: { attributes: Record<string, unknown> },
      work: (span: object) => T,
    ) => {
      const span: Recorded = { name, attributes: { ...attributes }, ended: false }
      spans.push(span)
      return work({
        setAttribute: (key: string, value: unknown) => (span.attributes[key] = value),
        setStatus: ({ code }: { code: number }) => (span.status = code),
        end: () => (span.ended = true),
      })
    },
  }
  const real: Parameters<typeof openTelemetryHooks<api.Context>>[0] = api
  return {
    spans,
    api: {
      ...real,
      trace: { getTracer: () => tracer as unknown as ReturnType<typeof real.trace.getTracer> },
      propagation: {
        inject: (_context: api.Context, carrier: Record<string, string>) => {
          carrier['traceparent'] = '00-1-2-01'
          carrier['x-auth-token'] = 'forged'
        },
      },
    },
  }
}

test('Spans are those of HTTP clients, their context goes along, and no header of ours is replaced', async (t) => {
  const { spans, api: recorded } = recordingApi()
  const { session, login, service } = await stage(t, { session: { hooks: openTelemetryHooks(recorded) } })
  const target = await service(() => ({ status: 404, headers: { 'x-openstack-request-id': 'req-1' } }))
  const auth = login()
  await assert.rejects(session.get(`${target.url}/x?y=1`, { auth }))
  await assert.rejects(session.get('http://127.0.0.1:1/', { authenticated: false }))
  const [ofLogin, ofRequest, ofFailure] = spans
  assert.equal(ofLogin?.attributes['openstack.purpose'], 'login')
  assert.deepEqual(ofRequest, {
    name: 'GET',
    attributes: {
      'http.request.method': 'GET',
      'url.full': `${target.url}/x`,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(target.url).port),
      'http.response.status_code': 404,
      'openstack.request_id': 'req-1',
      'error.type': '404',
    },
    status: api.SpanStatusCode.ERROR,
    ended: true,
  })
  assert.deepEqual([ofFailure?.attributes['error.type'], ofFailure?.ended], ['connect_failure', true])
  assert.equal(target.seen[0]?.headers['traceparent'], '00-1-2-01')
  assert.equal(target.seen[0]?.headers['x-auth-token'], await auth.getToken(session))
})

test('Without a tracer that is set up the API does nothing, and requests go on', async (t) => {
  const { session, service } = await stage(t, { session: { hooks: openTelemetryHooks(api) } })
  const target = await service(() => 200)
  assert.equal((await session.get(target.url)).status, 200)
})
